"""The stand-in as an object: a world, its dispatcher and its server."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Self

from tests.standin import control_api
from tests.standin.clock import Clock
from tests.standin.control import DEFAULT_REGION, ControlError, ControlMethods
from tests.standin.dispatch import Dispatcher, Request, Response
from tests.standin.server import Server
from tests.standin.settings import Settings
from tests.standin.world import World

if TYPE_CHECKING:
    from types import TracebackType


class StandIn(ControlMethods):
    """A stand-in in this process.

    Args:
        host, port: where to listen; port 0 takes a free one.
        account: the account of access keys that have no other.
        settings: phases, logs and so on; the defaults if None.
        clock: None for real time, `Clock(start, 0)` for virtual time.
        models: names of models that are there from the start, in `region`.
        region: the region of these models.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        account: str = "123456789012",
        settings: Settings | None = None,
        clock: Clock | None = None,
        models: tuple[str, ...] = (),
        region: str = DEFAULT_REGION,
    ) -> None:
        self.world = World(clock or Clock(), settings or Settings(), account)
        self._dispatcher = Dispatcher(self.world)
        self._server = Server(self._answer, host, port)
        for name in models:
            control_api.add_model(self.world, self.world.region(account, region), name)

    @property
    def url(self) -> str:
        """The endpoint URL for boto3 and for `Control`."""
        return f"http://{self._server.host}:{self._server.port}"

    def start(self) -> Self:
        """Begin to serve."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving; held and delayed calls are let go."""
        self._dispatcher.close()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out one request of the control endpoint without the detour over HTTP."""
        try:
            return control_api.handle(self.world, method, path, body or {})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ControlError(f"{type(error).__name__}: {error}") from error

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(control_api.PREFIX):
            return control_api.respond(self.world, request)
        response = self._dispatcher.answer(request)
        # As from AWS: clients learn from it what the time is there.
        response.headers["Date"] = formatdate(self.world.clock.now(), usegmt=True)
        return response
