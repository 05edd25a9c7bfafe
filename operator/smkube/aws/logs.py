"""Reads events from CloudWatch Logs: FilterLogEvents, GetLogEvents and DescribeLogStreams, one request each.

Following needs FilterLogEvents, for only it has event ids; long logs are read faster by GetLogEvents beside it
(`smkube.logs.history`). Nothing here retries or waits: the engines decide about both.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import msgspec

from smkube.aws import errors, logdecode
from smkube.errors import AwsError
from smkube.logs.model import Page, SourceError, Trouble, Window
from smkube.logs.reading import Listing, Portion, StreamFacts, StreamGone, Throttled, Unsupported
from smkube.logs.streams import Selection

FILTER, GET, LIST = "FilterLogEvents", "GetLogEvents", "DescribeLogStreams"

NEWEST_FIRST_SINCE = 1_704_067_200_000
"""2024-01-01, the earliest startTime with which FilterLogEvents reads backwards (API reference: startFromHead)."""

_TROUBLE = {
    errors.Cause.NOT_FOUND: Trouble.MISSING,
    errors.Cause.THROTTLED: Trouble.BUSY,
    errors.Cause.SERVICE: Trouble.BUSY,
    errors.Cause.NO_ANSWER: Trouble.BUSY,
    errors.Cause.CREDENTIALS: Trouble.CREDENTIALS,
    errors.Cause.DENIED: Trouble.DENIED,
}
_INVALID = {"InvalidParameterException", "ValidationException", "SerializationException", "ParamValidation"}
_NO_STREAM = "log stream"
"""What the message of a missing stream has and that of a missing group has not ("The specified log stream does not
exist.")."""


class Poster(Protocol):
    """Sends a request; see `smkube.aws.wire.Wire`."""

    def post(self, operation: str, body: bytes) -> bytes:
        """The answer as JSON. Raises AwsError."""

    def renew(self) -> bool:
        """Look for fresh credentials; False if they cannot change."""


class FilterSource:
    """A LogSource over FilterLogEvents: pages of events with their ids, for following.

    Args:
        wire: sends requests.
        group: log group.
        selection: streams.
        filter_pattern: CloudWatch Logs filter pattern, empty for none.
    """

    def __init__(self, wire: Poster, *, group: str, selection: Selection, filter_pattern: str = "") -> None:
        self._wire = wire
        self._selection = selection
        self._request = _of_selection(group, selection)
        if filter_pattern:
            self._request["filterPattern"] = filter_pattern

    def page(self, window: Window, token: str) -> Page:
        """One page of the events in `window`; see LogSource."""
        request = {**self._request, "startTime": window.start, "endTime": window.end}
        answer = _ask(self._wire, FILTER, request, token)
        return Page(logdecode.of_search(bytes(answer.events), self._selection.accepts), answer.next_token or "")

    def renew(self) -> bool:
        """Look for fresh credentials; see LogSource."""
        return self._wire.renew()


class GroupReader:
    """A TailSource: reads the events of a selection by every way there is. For many threads.

    Args:
        wire: sends requests.
        group: log group.
        selection: streams.
        filter_pattern: CloudWatch Logs filter pattern, empty for none.
    """

    def __init__(self, wire: Poster, *, group: str, selection: Selection, filter_pattern: str = "") -> None:
        self._wire = wire
        self._group = group
        self._selection = selection
        self._pattern = filter_pattern

    @property
    def only_search(self) -> bool:
        """Whether there is a filter pattern, which only FilterLogEvents knows."""
        return bool(self._pattern)

    @property
    def back_since(self) -> int:
        """See NEWEST_FIRST_SINCE."""
        return NEWEST_FIRST_SINCE

    def list(self, token: str) -> Listing:
        """A part of DescribeLogStreams; see HistorySource."""
        body = _post(self._wire, LIST, _of_selection(self._group, self._selection), token)
        try:
            found = logdecode.streams(body)
        except msgspec.DecodeError as error:
            raise _no_answer(LIST, error) from error
        return Listing(tuple(_facts(stream) for stream in found.log_streams), found.next_token or "")

    def stream(self, name: str, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """A part of GetLogEvents; see HistorySource."""
        answer = self._get(name, start, stop, token, limit, forward=True)
        following = answer.next_forward_token or ""
        # The end is told by the token that was sent, and by nothing else.
        return _portion(answer, "" if following == token else following, logdecode.stream_decoder(name))

    def stream_back(self, name: str, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """A part of GetLogEvents from the end; see TailSource."""
        answer = self._get(name, start, stop, token, limit, forward=False)
        following = answer.next_backward_token or ""
        return _portion(answer, "" if following == token else following, logdecode.stream_decoder(name))

    def search(
        self, names: tuple[str, ...], start: int, stop: int, token: str = "", limit: int | None = None
    ) -> Portion:
        """A part of FilterLogEvents; see HistorySource."""
        request = self._filter(names, start, stop, limit)
        answer = _ask(self._wire, FILTER, request, token)
        decode = logdecode.search_decoder(self._selection.accepts)
        if len(names) == 1:
            decode = logdecode.stream_decoder(names[0])
        return _portion(answer, answer.next_token or "", decode)

    def search_back(self, start: int, stop: int, token: str = "", limit: int | None = None) -> Portion:
        """A part of FilterLogEvents from the end; see TailSource."""
        request = self._filter((), max(start, NEWEST_FIRST_SINCE), stop, limit)
        request["startFromHead"] = False
        try:
            answer = _ask(self._wire, FILTER, request, token)
        except SourceError as error:
            cause = error.__cause__
            if not token and isinstance(cause, AwsError) and cause.code in _INVALID:
                raise Unsupported(error.trouble, error.text) from error
            raise
        decode = logdecode.search_decoder(self._selection.accepts)
        return _portion(answer, answer.next_token or "", decode)

    def renew(self) -> bool:
        """Look for fresh credentials; see HistorySource."""
        return self._wire.renew()

    def _get(
        self, name: str, start: int, stop: int, token: str, limit: int | None, *, forward: bool
    ) -> logdecode.Answer:
        request = {
            "logGroupName": self._group,
            "logStreamName": name,
            "startTime": start,
            "endTime": stop,
            "startFromHead": forward,
        }
        if limit is not None:
            request["limit"] = limit
        return _ask(self._wire, GET, request, token)

    def _filter(self, names: tuple[str, ...], start: int, stop: int, limit: int | None) -> dict[str, Any]:
        # FilterLogEvents includes its endTime.
        named: dict[str, Any] = {"logGroupName": self._group, "logStreamNames": list(names)}
        request = named if names else _of_selection(self._group, self._selection)
        request |= {"startTime": start, "endTime": max(start, stop - 1)}
        if self._pattern:
            request["filterPattern"] = self._pattern
        if limit is not None:
            request["limit"] = limit
        return request


def _of_selection(group: str, selection: Selection) -> dict[str, Any]:
    """The beginning of a request about the streams of a selection."""
    prefix = {"logStreamNamePrefix": selection.prefix} if selection.prefix else {}
    return {"logGroupName": group, **prefix}


def _portion(answer: logdecode.Answer, token: str, decode: logdecode.Decode) -> Portion:
    events = bytes(answer.events)
    first, last = logdecode.bounds(events)
    return Portion(
        first=first,
        last=last,
        size=len(events),
        token=token,
        blocks=partial(logdecode.blocks, events, decode),
        count=partial(logdecode.count, events),
    )


def _facts(stream: logdecode.Stream) -> StreamFacts:
    return StreamFacts(stream.log_stream_name, stream.first_event_timestamp, stream.last_event_timestamp)


def _ask(wire: Poster, operation: str, request: dict[str, Any], token: str) -> logdecode.Answer:
    body = _post(wire, operation, request, token)
    try:
        return logdecode.answer(body)
    except msgspec.DecodeError as error:
        raise _no_answer(operation, error) from error


def _post(wire: Poster, operation: str, request: dict[str, Any], token: str) -> bytes:
    if token:
        request["nextToken"] = token
    try:
        return wire.post(operation, msgspec.json.encode(request))
    except AwsError as error:
        raise _translated(error, token) from error


def _translated(error: AwsError, token: str) -> SourceError:
    cause = errors.cause(error)
    if token and error.code == "InvalidParameterException":
        return SourceError(Trouble.TOKEN, error.text())
    if cause is errors.Cause.THROTTLED:
        return Throttled(Trouble.BUSY, error.text())
    if cause is errors.Cause.NOT_FOUND and _NO_STREAM in error.message:
        return StreamGone(Trouble.MISSING, error.text())
    return SourceError(_TROUBLE.get(cause, Trouble.FATAL), error.text())


def _no_answer(operation: str, error: Exception) -> SourceError:
    """Something answered that is not CloudWatch Logs, or only a part of it arrived."""
    return SourceError(Trouble.BUSY, f"The answer to {operation} is no JSON of the expected form: {error}")
