"""Progress lines."""

import io

from tests.cluster.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_gets_a_line_every_few_seconds() -> None:
    """Outside a terminal passing states are whole lines, and not more than one in five seconds."""
    stream, now = io.StringIO(), [0.0]
    progress = Progress(stream, lambda: now[0])
    for second in range(11):
        now[0] = float(second)
        progress.update(f"at {second}")
    progress.say("done")
    assert stream.getvalue().splitlines() == ["at 0", "at 5", "at 10", "done"]


def test_terminal_line_is_rewritten() -> None:
    """On a terminal each state takes the place of the last, and what stays is written over it too."""
    stream, now = _Terminal(), [0.0]
    progress = Progress(stream, lambda: now[0])
    progress.update("one")
    now[0] = 1.0
    progress.update("two")
    progress.say("done")
    progress.say("more")
    assert stream.getvalue() == "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[Kdone\nmore\n"
