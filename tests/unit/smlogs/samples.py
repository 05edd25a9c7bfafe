"""Events, an origin and a presenter with everything it writes in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

from kubectl_smlogs.options import Showing
from kubectl_smlogs.origin import Origin
from kubectl_smlogs.output import Messages, Output
from kubectl_smlogs.present import Presenter
from kubectl_smlogs.terminal import Terminal
from smkube.logs.model import Event

BEGAN = 1574811673449
"""2019-11-26 23:41:13.449 UTC."""
ORIGIN = Origin("TrainingJob", "ns", "train", "job", "us-west-2", "/aws/sagemaker/TrainingJobs")
SCREEN = Terminal(stdout=True, stderr=True, width=60)


def event(message: str, after: int = 0, host: str = "algo-1", epoch: int = 1574811611, job: str = "job") -> Event:
    """An event some milliseconds after BEGAN."""
    at = BEGAN + after
    return Event(at, f"{job}/{host}-{epoch}", message, str(at), at + 5000)


@dataclass
class Status:
    """What a job's object says about itself."""

    status: str = ""
    secondary: str = ""
    outcome: str = ""
    reason: str = ""
    title: str = 'TrainingJob "train" in namespace "ns"'


class Shown:
    """A presenter, and what it wrote."""

    def __init__(
        self,
        showing: Showing | None = None,
        where: Terminal | None = None,
        *,
        many: bool = False,
        limit_bytes: int | None = None,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        where = where or Terminal()
        showing = replace(showing or Showing(), timezone="UTC")
        self._out = io.BytesIO()
        self._error = io.StringIO()
        self.messages = Messages(self._error, quiet=showing.quiet, live=where.stderr)
        self.presenter = Presenter(
            showing,
            where,
            Output(self._out),
            self.messages,
            many=many,
            limit_bytes=limit_bytes,
            clock=clock,
            columns=lambda: 0,
        )

    def show(self, *events: Event, origin: Origin = ORIGIN) -> str:
        """Show some events; what was written for them."""
        before = len(self.out)
        self.presenter.events(origin, events)
        return self.out[before:]

    @property
    def out(self) -> str:
        """Standard output."""
        return self._out.getvalue().decode()

    @property
    def error(self) -> str:
        """Standard error."""
        return self._error.getvalue()
