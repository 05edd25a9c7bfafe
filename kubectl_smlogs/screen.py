"""Standard output as a screen: lines, and a progress bar behind them that is rewritten in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kubectl_smlogs.output import ERASE, OutputClosed, OutputFailed

if TYPE_CHECKING:
    from kubectl_smlogs.hostlines import HostLines
    from kubectl_smlogs.output import Messages, Output

_ERASE = ERASE.encode()


class Screen:
    """Standard output with a progress bar as its last line.

    Args:
        output: where lines go.
        messages: the other writer on the same terminal.
        bars: knows the bar to show; None where a line cannot be rewritten.
        columns: how long a line may be.
        shared: standard output is on a terminal, and so most likely on the same as the messages.
    """

    def __init__(
        self, output: Output, messages: Messages, bars: HostLines | None, columns: Callable[[], int], *, shared: bool
    ) -> None:
        self._output = output
        self._messages = messages
        self._bars = bars
        self._bar = b""
        self._columns = columns
        self._shared = shared
        messages.share(self._make_room, self._restore)

    def write(self, lines: bytes) -> None:
        """Write whole lines, and the bar behind them.

        Raises:
            OutputClosed: nobody reads any more.
            OutputFailed: the write failed.
        """
        if self._shared:
            self._messages.clear()
        before, self._bar = self._bar, self._current()
        if not lines and self._bar == before:
            return
        self._output.write((_ERASE if before else b"") + lines + self._bar)

    def _current(self) -> bytes:
        return self._bars.live(self._columns()) if self._bars is not None else b""

    def _make_room(self) -> None:
        if self._bar:
            self._try(_ERASE)

    def _restore(self) -> None:
        if self._bar:
            self._try(self._bar)

    def _try(self, data: bytes) -> None:
        try:
            self._output.write(data)
        except (OutputClosed, OutputFailed):
            # Whoever printed a message has nothing to do with standard output; the next line will meet the same.
            self._bar = b""
