"""Both ways out: standard output, and messages on standard error."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from kubectl_smlogs import pager
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.output import Messages, Output, OutputClosed, OutputFailed


def _messages(**settings: bool) -> tuple[Messages, io.StringIO]:
    stream = io.StringIO()
    return Messages(stream, **settings), stream


def test_closed_and_full_output() -> None:
    """A closed pipe and a full disk are told apart."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        output = Output(stream)
        output.check()
        os.close(reading)
        with pytest.raises(OutputClosed):
            output.check()
        with pytest.raises(OutputClosed):
            output.write(b"x")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)
    if Path("/dev/full").exists():
        with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OutputFailed, match="No space left"):
            Output(cast("BinaryIO", full)).write(b"x")


def test_output_that_does_not_block() -> None:
    """A pipe that somebody set not to block gets everything all the same, in order."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    pages = [b"%07d\n" % number * 5000 for number in range(20)]
    received = bytearray()

    def read() -> None:
        while part := os.read(reading, 3000):
            received.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(writing, "wb") as stream:
        for page in pages:
            Output(stream).write(page)
    reader.join()
    os.close(reading)
    assert bytes(received) == b"".join(pages)


def test_messages_are_safe_lines() -> None:
    """Foreign text in a message can neither begin a line nor command the terminal."""
    messages, stream = _messages()
    messages.say("a\nb\x1b")
    assert stream.getvalue() == "a b\\x1b\n"


def test_what_is_said_to_whom() -> None:
    """Notices are for those who did not ask for quiet, details for those who asked for them."""
    for settings, expected in (
        ({}, "say\nnotice\n"),
        ({"verbose": True}, "say\nnotice\ndetail\n"),
        ({"quiet": True}, "say\n"),
        ({"quiet": True, "verbose": True}, "say\n"),
    ):
        messages, stream = _messages(**settings)
        messages.say("say")
        messages.notice("notice")
        messages.detail("detail")
        assert stream.getvalue() == expected


def test_live_line_makes_room() -> None:
    """What is printed stands above the live line, which stays the last one."""
    messages, stream = _messages(live=True)
    messages.live("50 %")
    messages.live("50 %")
    messages.say("hello")
    messages.clear()
    messages.clear()
    assert stream.getvalue() == "\r\x1b[K50 %\r\x1b[Khello\n50 %\r\x1b[K"


def test_no_live_line_without_a_terminal() -> None:
    """A file gets no rewritten lines."""
    messages, stream = _messages()
    messages.live("50 %")
    messages.clear()
    assert stream.getvalue() == ""
    messages.configure(quiet=False, verbose=False, live=True)
    messages.live("50 %")
    assert "50 %" in stream.getvalue()


def test_messages_from_many_threads_stay_whole() -> None:
    """Lines of different threads do not mix."""
    messages, stream = _messages(live=True)

    def say() -> None:
        for _ in range(50):
            messages.say("x" * 50)

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stream.getvalue() == ("x" * 50 + "\n") * 200


def test_closed_standard_error_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that nobody can read are dropped."""
    messages, stream = _messages()
    stream.close()
    messages.say("x")
    monkeypatch.setattr(sys, "stderr", None)
    Messages().say("x")


def test_messages_are_held_for_somebody_elses_screen() -> None:
    """Nothing is written while a pager has the screen; everything comes afterwards."""
    messages, stream = _messages(live=True)
    messages.live("waiting")
    messages.hold()
    messages.say("a")
    messages.live("b")
    messages.block("c")
    assert stream.getvalue() == "\r\x1b[Kwaiting\r\x1b[K"
    messages.release()
    assert stream.getvalue().endswith("\x1b[Ka\nc\n")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, ["less", "-FRX"]),
        ({"PAGER": ""}, ["less", "-FRX"]),
        ({"PAGER": "more -f"}, ["more", "-f"]),
        ({"PAGER": "more", "KUBECTL_SMLOGS_PAGER": "less -p 'a b; rm x'"}, ["less", "-p", "a b; rm x"]),
    ],
)
def test_which_pager(environment: dict[str, str], words: list[str]) -> None:
    """Our own variable comes first, and no shell reads it."""
    assert pager.command(environment)[0] == words


def test_wrong_pagers() -> None:
    """A pager that cannot be started is named, with the variable it came from."""
    with pytest.raises(BadValue, match="PAGER=less 'x is no command line"):
        pager.command({"PAGER": "less 'x"})
    messages, stream = _messages()
    environment = {"PAGER": "no-such-pager --fast", "PATH": os.environ["PATH"]}
    with (
        pytest.raises(BadValue, match=r'The pager "no-such-pager" \(of the variable PAGER\) cannot be started'),
        pager.paging(messages, environment),
    ):
        pytest.fail("there is no such pager")
    messages.say("still heard")
    assert stream.getvalue() == "still heard\n"


def test_pager_shows_everything(tmp_path: Path) -> None:
    """The pager gets all lines, and the block ends only when the pager has."""
    shown = tmp_path / "shown"
    program = f"import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, open({str(shown)!r}, 'wb'))"
    messages, stream = _messages()
    with pager.paging(messages, _python(program)) as output:
        output.write(b"line\n" * 100_000)
        messages.say("meanwhile")
        assert stream.getvalue() == ""
    assert shown.read_bytes() == b"line\n" * 100_000
    assert stream.getvalue() == "meanwhile\n"


def test_quitting_the_pager_ends_silently() -> None:
    """When the pager is quit, writing ends and the block is left without an error; Ctrl-C works as before."""
    messages, stream = _messages()
    before = signal.getsignal(signal.SIGINT)
    written = 0
    with pager.paging(messages, _python("import sys; sys.stdin.buffer.read(1)")) as output:
        for _ in range(100_000):
            output.write(b"line\n" * 1000)
            written += 1
    assert written < 100_000
    assert stream.getvalue() == ""
    assert signal.getsignal(signal.SIGINT) is before


def _python(program: str) -> dict[str, str]:
    """An environment whose pager runs a program."""
    import shlex

    return {"PAGER": shlex.join([sys.executable, "-c", program]), "PATH": os.environ["PATH"]}
