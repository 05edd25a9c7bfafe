"""The formats of log lines besides the original's and the one for people."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_smlogs import formats
from kubectl_smlogs.badvalue import BadValue
from kubectl_smlogs.options import Showing
from kubectl_smlogs.records import FIELDS as RECORD_FIELDS
from kubectl_smlogs.template import EXAMPLE, FIELDS
from kubectl_smlogs.terminal import Terminal
from tests.unit.smlogs.samples import ORIGIN, SCREEN, Shown, event


@pytest.mark.parametrize(
    ("showing", "where", "name"),
    [
        (Showing(), Terminal(), "classic"),
        (Showing(), SCREEN, "default"),
        (Showing(output="classic"), SCREEN, "classic"),
        (Showing(output="default"), Terminal(), "default"),
        (Showing(template="{message}"), SCREEN, "template"),
        (Showing(output="json"), SCREEN, "json"),
    ],
)
def test_which_format(showing: Showing, where: Terminal, name: str) -> None:
    """Without a word of the user's, a terminal gets the lines for people and everything else the original's."""
    assert formats.name_of(showing, where) == name


def test_unknown_format() -> None:
    """A format of tables is none of log lines, and the error lists those that are."""
    with pytest.raises(BadValue, match=r'"wide" is none of log lines: use classic, default, raw, json'):
        formats.name_of(Showing(output="wide"), Terminal())


def test_json_record() -> None:
    """A record has all fields, in the documented order."""
    record = json.loads(Shown(Showing(output="json")).show(event('a "quoted"\tline\n')))
    assert record == {
        "message": 'a "quoted"\tline',
        "timestamp": "2019-11-26T23:41:13.449Z",
        "timestampMs": 1574811673449,
        "ingestionTime": 1574811678449,
        "eventId": "1574811673449",
        "stream": "job/algo-1-1574811611",
        "host": "algo-1",
        "attempt": 1,
        "job": "job",
        "kind": "TrainingJob",
        "namespace": "ns",
        "name": "train",
        "region": "us-west-2",
        "logGroup": "/aws/sagemaker/TrainingJobs",
    }
    assert tuple(record) == tuple(name for name, _ in RECORD_FIELDS)


def test_json_without_an_event_id() -> None:
    """A reader that gives no ids leaves the member out."""
    record = json.loads(Shown(Showing(output="json")).show(event("x")._replace(id="")))
    assert "eventId" not in record


@given(
    st.lists(
        st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('"\\\r\n\x1b\x9f'))), max_size=4
    )
)
def test_json_is_one_safe_line_each(messages: list[str]) -> None:
    """Every event is one line of JSON, without control characters, that holds its message."""
    shown = Shown(Showing(output="json")).show(*[event(message, number) for number, message in enumerate(messages)])
    records = [json.loads(line) for line in shown.split("\n")[:-1]]
    assert [record["message"] for record in records] == [
        message.removesuffix("\n").removesuffix("\r") for message in messages
    ]
    assert not set(shown) & set("\x1b\x9f\r")


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ('{"loss": 0.10, "step": 12345678901234567890}', {"loss": 0.1, "step": 12345678901234567890}),
        (' {"a":\n {"b": []}}\n', {"a": {"b": []}}),
        ('{"a": "\\u001b"}', {"a": "\x1b"}),
        ('{"a": "\x7f"}', {"a": "\x7f"}),
        ('{"a": NaN}', '{"a": NaN}'),
        ('{"a"', '{"a"'),
        ("[1]", "[1]"),
        ("{}", {}),
        ('"text"', '"text"'),
        ("plain", "plain"),
        ("{" * 100_000, "{" * 100_000),
    ],
)
def test_embedded_json(message: str, value: Any) -> None:
    """A message that is a JSON object is embedded as such; anything else stays a string."""
    shown = Shown(Showing(output="extjson")).show(event(message))
    assert shown.count("\n") == 1
    assert json.loads(shown)["message"] == value


def test_embedded_numbers_keep_their_digits() -> None:
    """Numbers are not rounded on their way."""
    assert '"message":{"x": 0.10000000000000000001}' in Shown(Showing(output="extjson")).show(
        event('{"x": 0.10000000000000000001}')
    )


def test_raw() -> None:
    """Raw is the message and nothing else; a terminal is protected from it, a file is not."""
    events = event("\x1b[31mred\r\n"), event("a\nb\n"), event("c")
    assert Shown(Showing(output="raw")).show(*events) == "\x1b[31mred\na\nb\nc\n"
    assert Shown(Showing(output="raw"), SCREEN).show(*events) == "\\x1b[31mred\na\nb\nc\n"
    assert Shown(Showing(output="raw")).show(event("")) == "\n"


def test_raw_with_times() -> None:
    """With --timestamps a raw line begins with its full time."""
    showing = Showing(output="raw", timestamps=True)
    assert Shown(showing).show(event("a\n"), event("b", 551)) == (
        "2019-11-26T23:41:13.449Z a\n2019-11-26T23:41:14.000Z b\n"
    )


@pytest.mark.parametrize(
    ("template", "line"),
    [
        (EXAMPLE, "algo-1     23:41:13.449 hi \\x1b"),
        ("{host}{{{message}}}", "algo-1{hi \\x1b}"),
        (r"{name}\t{message}\n--", "train\thi \\x1b\n--"),
        ("{timestamp} {timestampMs:>15} {attempt:02d} {message:.1}", "2019-11-26T23:41:13.449Z   1574811673449 01 h"),
        ("{kind}/{namespace}/{job}/{region}/{logGroup}", "TrainingJob/ns/job/us-west-2//aws/sagemaker/TrainingJobs"),
        ("{eventId} {ingestionTime} {stream} {label}", "1574811673449 1574811678449 job/algo-1-1574811611 algo-1"),
        ("grün {message}", "grün hi \\x1b"),
    ],
)
def test_templates(template: str, line: str) -> None:
    """Fields stand where the template has them, safe for a terminal."""
    assert Shown(Showing(template=template)).show(event("hi \x1b\n")) == f"{line}\n"


def test_every_field_of_templates() -> None:
    """Each field that the help lists can be used."""
    shown = Shown(Showing(template=" ".join(f"{{{field}}}" for field in FIELDS))).show(event("x"))
    assert len(shown.split()) == len(FIELDS)


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{hots}", 'unknown field "hots". Fields are message, host,'),
        ("{}", 'unknown field "". Fields are'),
        ("{0}", 'unknown field "0"'),
        ("{message.__class__}", 'unknown field "message.__class__"'),
        ("{message[0]}", 'unknown field "message[0]"'),
        ("{message!r}", 'field "message" takes an alignment'),
        ("{message:{host}}", 'field "message" takes an alignment'),
        ("{message:>99999999}", 'width of field "message" is too large'),
        ("{message:d}", "cannot be read"),
        ("{timestampMs:s}", "cannot be read"),
        ("{message", "cannot be read"),
        ("message}", "cannot be read"),
        ("message", "it has no field"),
        ("", "it has no field"),
    ],
)
def test_wrong_templates(template: str, complaint: str) -> None:
    """A template that cannot be used is refused with what is wrong in it and an example."""
    with pytest.raises(BadValue) as raised:
        formats.check(Showing(output="template", template=template))
    assert complaint in str(raised.value)
    assert str(raised.value).startswith("Template ")


def test_check_of_the_command_line() -> None:
    """What is right passes, and a wrong zone is found without showing anything."""
    formats.check(Showing())
    formats.check(Showing(template=EXAMPLE, timezone="Europe/Berlin"))
    with pytest.raises(BadValue, match="Nowhere"):
        formats.check(Showing(timezone="Nowhere"))


def test_origin_is_told_per_line() -> None:
    """Lines of different objects tell theirs, also when their streams are named alike."""
    shown = Shown(Showing(template="{name} {message}"))
    other = ORIGIN.__class__("TrainingJob", "ns", "other", "job", "eu-west-1", "g")
    assert shown.show(event("x")) + shown.show(event("y"), origin=other) == "train x\nother y\n"


def test_highlights() -> None:
    """On a terminal with colours what expressions find is marked, in the formats that people read; else nothing is."""
    marks = (re.compile("lo.s"),)
    mark = "\x1b[1;7mloss\x1b[22;27m"
    screen = replace(SCREEN, colors=16)
    raw = Showing(output="raw", highlight=marks)
    assert Shown(raw, screen).show(event("a loss\x1b\r\n"), event("b")) == f"a {mark}\\x1b\nb\n"
    assert Shown(raw).show(event("a loss")) == "a loss\n"
    classic = Showing(output="classic", highlight=marks, hide_stream=True)
    assert Shown(classic, screen).show(event("a loss")) == f"2019-11-26 23:41:13.449 +0000 UTC a {mark}\n"
    assert Shown(classic, SCREEN).show(event("a loss")) == "2019-11-26 23:41:13.449 +0000 UTC a loss\n"
    assert (
        json.loads(Shown(Showing(output="json", highlight=marks), screen).show(event("a loss")))["message"] == "a loss"
    )
