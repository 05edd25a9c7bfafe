"""CloudWatch Logs: FilterLogEvents, GetLogEvents, DescribeLogStreams, DescribeLogGroups.

The two readers differ as the real ones do: FilterLogEvents includes endTime, merges streams by time and has event
ids; GetLogEvents excludes endTime, reads one stream both ways and never returns an empty token.
"""

from __future__ import annotations

import base64
import heapq
import json
import zlib
from functools import lru_cache
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

from tests.standin import errors, training, transform
from tests.standin.logfilter import compile_filter
from tests.standin.logstream import Event, Key, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.standin.state import LogGroup
    from tests.standin.world import Call

PAGE_EVENTS = 10_000
PAGE_BYTES = 1 << 20
EVENT_OVERHEAD = 26  # bytes that CloudWatch Logs adds to each event's text when it counts
SCAN_EVENTS = 50_000  # events looked at for one page of a filtered search
FAR = 1 << 60
NEWEST_FIRST_SINCE = 1_704_067_200_000  # 2024-01-01, before which startFromHead=false is refused


def find_group(call: Call, *, required: bool = True) -> LogGroup:
    """The group that the request names, by name or ARN. Raises AwsError if there is none."""
    params = call.params
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if required and (name is None) == (identifier is None):
        raise errors.invalid_parameter("Exactly one of logGroupName and logGroupIdentifier must be specified.")
    wanted = name or str(identifier).partition("log-group:")[2].removesuffix(":*") or str(identifier)
    training.log_group(call.region)
    transform.log_group(call.region)
    group = call.region.groups.get(wanted)
    if group is None or not group.exists(call.millis):
        raise errors.log_group_missing()
    return group


def group_arn(call: Call, name: str) -> str:
    """ARN of a log group, without `:*`."""
    return f"arn:{errors.partition(call.region.name)}:logs:{call.region.name}:{call.region.account}:log-group:{name}"


@lru_cache(maxsize=4096)
def _stream_digits(stream: str) -> str:
    return f"{zlib.crc32(stream.encode()):010d}"


def event_id(key: Key) -> str:
    """The id of an event: 56 digits, unique, growing with time within a stream."""
    return f"{key.timestamp:020d}{_stream_digits(key.stream)}{key.source:01d}{key.number:025d}"


def take_page(
    events: Iterable[Event],
    limit: int,
    matches: Callable[[str], bool] | None,
) -> tuple[list[Event], Event | None]:
    """Events up to the limits of a page, and the last one looked at if there are more (else None)."""
    page: list[Event] = []
    size = 0
    last: Event | None = None
    for scanned, event in enumerate(events):
        wanted = matches is None or matches(event.message)
        if wanted:
            size += len(event.message) + EVENT_OVERHEAD
        if len(page) >= limit or scanned >= SCAN_EVENTS or (page and size > PAGE_BYTES):
            return page, last
        last = event
        if wanted:
            page.append(event)
    return page, None


def _filter_sources(call: Call, group: LogGroup) -> list[Source]:
    params = call.params
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names is not None and prefix is not None:
        raise errors.invalid_parameter("logStreamNamePrefix and logStreamNames cannot both be specified.")
    if names is None:
        return group.sources(prefix or "", call.millis)
    sources: list[Source] = []
    for name in names:
        found = group.stream_sources(name, call.millis)
        if not found:
            raise errors.log_stream_missing()
        sources += found
    return sources


def _query(params: dict[str, Any]) -> int:
    """A number for what is asked, the same on all pages of a search (endTime may move between pages)."""
    asked = [params.get(name) for name in ("logGroupName", "logStreamNames", "logStreamNamePrefix", "filterPattern")]
    return zlib.crc32(json.dumps(asked).encode())


def _filter_token(query: int, key: Key | None, newest_first: bool, number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([query, key, newest_first, number]).encode()).decode()


def _read_filter_token(params: dict[str, Any]) -> tuple[Key | None, bool, int]:
    try:
        query, key, newest_first, number = json.loads(base64.urlsafe_b64decode(params["nextToken"].encode()))
        place = None if key is None else Key(*key)
    except (ValueError, TypeError) as error:
        raise errors.invalid_parameter("The specified nextToken is invalid.") from error
    if query != _query(params):
        raise errors.invalid_parameter("The specified nextToken is invalid.")
    return place, bool(newest_first), number + 1


def _direction(params: dict[str, Any]) -> tuple[Key | None, bool, int]:
    """Where to go on, whether newest first, and the number of the page."""
    if "nextToken" in params:
        return _read_filter_token(params)
    if params.get("startFromHead", True):
        return None, False, 0
    if params.get("startTime", 0) < NEWEST_FIRST_SINCE:
        raise errors.invalid_parameter(
            "startFromHead set to false is only supported when startTime is on or after Jan 1, 2024 00:00:00 UTC.",
        )
    return None, True, 0


def _merged(sources: list[Source], low: int, high: int, now: int, newest_first: bool) -> Iterator[Event]:
    if newest_first:
        return heapq.merge(*(source.backward(low, high, now) for source in sources), reverse=True)
    return heapq.merge(*(source.forward(low, high, now) for source in sources))


def filter_log_events(call: Call) -> dict[str, Any]:
    """FilterLogEvents. Events later than the token's place only; pages may be empty and still have a token."""
    params = call.params
    sources = _filter_sources(call, find_group(call))
    matches = compile_filter(params.get("filterPattern", ""))
    place, newest_first, number = _direction(params)
    query = _query(params)
    if call.empty_page:
        return {
            "events": [],
            "searchedLogStreams": [],
            "nextToken": _filter_token(query, place, newest_first, number),
        }
    low, high = params.get("startTime", 0), params.get("endTime", FAR)
    if place is not None:
        low, high = (low, min(high, place.timestamp)) if newest_first else (max(low, place.timestamp), high)
    events = _merged(sources, low, high, call.millis, newest_first)
    if place is not None:
        here = place
        events = dropwhile((lambda e: e.key >= here) if newest_first else (lambda e: e.key <= here), events)
    page, last = take_page(events, params.get("limit", PAGE_EVENTS), matches)
    token = None if last is None else _filter_token(query, last.key, newest_first, number)
    return {"events": [_filtered(event) for event in page], "searchedLogStreams": [], "nextToken": token}


def _filtered(event: Event) -> dict[str, Any]:
    key = event.key
    return {
        "logStreamName": key.stream,
        "timestamp": key.timestamp,
        "message": event.message,
        "ingestionTime": event.readable,
        "eventId": event_id(key),
    }


Gap = tuple[int, int, int, int]  # timestamp, source, number, and 0 for just before that event or 1 for just after it


def _get_token(direction: str, gap: Gap, nonce: int) -> str:
    return f"{direction}/{gap[0]:020d}{gap[1]:01d}{gap[2]:020d}{gap[3]:01d}{nonce:014d}/s"


def _read_get_token(token: str) -> tuple[str, Gap, int]:
    direction, _, rest = token.partition("/")
    digits = rest.removesuffix("/s")
    if direction not in ("f", "b") or len(digits) != 56 or not digits.isdigit():
        raise errors.invalid_parameter("The specified nextToken is invalid.")
    return direction, (int(digits[:20]), int(digits[20]), int(digits[21:41]), int(digits[41])), int(digits[42:])


def _gap(event: Event, side: int) -> Gap:
    return (event.key.timestamp, event.key.source, event.key.number, side)


def get_log_events(call: Call) -> dict[str, Any]:
    """GetLogEvents, forwards or backwards; events always in order of time."""
    params = call.params
    sources = find_group(call).stream_sources(params["logStreamName"], call.millis)
    if not sources:
        raise errors.log_stream_missing()
    token = params.get("nextToken")
    low, high = params.get("startTime", 0), params.get("endTime", FAR) - 1
    gap: Gap | None = None
    nonce = 0
    if token is None:
        forward = bool(params.get("startFromHead", False))
    else:
        direction, gap, nonce = _read_get_token(token)
        forward = direction == "f"
    page = [] if call.empty_page else _get_page(call, sources, (low, high), gap, forward=forward)
    events = [{"timestamp": e.key.timestamp, "message": e.message, "ingestionTime": e.readable} for e in page]
    after, before = _get_ends(page, gap or (low, 0, 0, 0))
    tokens = {"f": _get_token("f", after, 0), "b": _get_token("b", before, 0)}
    if token is not None and not page:
        tokens["f" if forward else "b"] = token
    if call.empty_page:
        tokens["f" if forward else "b"] = _get_token("f" if forward else "b", after, nonce + 1)
    return {"events": events, "nextForwardToken": tokens["f"], "nextBackwardToken": tokens["b"]}


def _get_ends(page: list[Event], gap: Gap) -> tuple[Gap, Gap]:
    return (_gap(page[-1], 1), _gap(page[0], 0)) if page else (gap, gap)


def _get_page(
    call: Call,
    sources: list[Source],
    bounds: tuple[int, int],
    gap: Gap | None,
    *,
    forward: bool,
) -> list[Event]:
    """The events of one page in order of time."""
    low, high = bounds
    if gap is not None:
        low, high = (max(low, gap[0]), high) if forward else (low, min(high, gap[0]))
    events = _merged(sources, low, high, call.millis, not forward)
    if gap is not None:
        edge = gap
        skip = (lambda e: _gap(e, 1) <= edge) if forward else (lambda e: _gap(e, 0) >= edge)
        events = dropwhile(skip, events)
    page, _ = take_page(events, call.params.get("limit", PAGE_EVENTS), None)
    return page if forward else page[::-1]


def describe_log_streams(call: Call) -> dict[str, Any]:
    """DescribeLogStreams, by name or by time of the last event."""
    params = call.params
    group = find_group(call)
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and "logStreamNamePrefix" in params:
        raise errors.invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    found: dict[str, list[Source]] = {}
    for source in group.sources(params.get("logStreamNamePrefix", ""), call.millis):
        found.setdefault(source.name, []).append(source)
    streams = [_stream(call, group.name, name, sources) for name, sources in found.items()]
    streams.sort(
        key=lambda s: (s.get("lastEventTimestamp", 0), s["logStreamName"]) if by_time else (0, s["logStreamName"]),
        reverse=bool(params.get("descending", False)),
    )
    page, token = _plain_page(streams, params)
    return {"logStreams": page, "nextToken": token}


def _stream(call: Call, group: str, name: str, sources: list[Source]) -> dict[str, Any]:
    now = call.millis
    first = [next(iter(source.forward(0, FAR, now)), None) for source in sources]
    last = [next(iter(source.backward(0, FAR, now)), None) for source in sources]
    firsts = [event for event in first if event is not None]
    lasts = [event for event in last if event is not None]
    answer: dict[str, Any] = {
        "logStreamName": name,
        "creationTime": min([event.readable for event in firsts], default=now),
        "arn": f"{group_arn(call, group)}:log-stream:{name}",
        "storedBytes": 0,
    }
    if lasts:
        answer["firstEventTimestamp"] = min(event.key.timestamp for event in firsts)
        answer["lastEventTimestamp"] = max(event.key.timestamp for event in lasts)
        answer["lastIngestionTime"] = max(event.readable for event in lasts)
    return answer


def describe_log_groups(call: Call) -> dict[str, Any]:
    """DescribeLogGroups: those that something was written to."""
    training.log_group(call.region)
    transform.log_group(call.region)
    prefix = call.params.get("logGroupNamePrefix", "")
    pattern = call.params.get("logGroupNamePattern", "").lower()
    groups = [
        {"logGroupName": name, "arn": f"{group_arn(call, name)}:*", "logGroupArn": group_arn(call, name)}
        for name, group in sorted(call.region.groups.items())
        if name.startswith(prefix) and pattern in name.lower() and group.exists(call.millis)
    ]
    page, token = _plain_page(groups, call.params)
    return {"logGroups": page, "nextToken": token}


def _plain_page(items: list[dict[str, Any]], params: dict[str, Any]) -> tuple[list[dict[str, Any]], str | None]:
    token = params.get("nextToken", "0")
    if not token.isdigit():
        raise errors.invalid_parameter("The specified nextToken is invalid.")
    start = int(token)
    end = start + params.get("limit", 50)
    return items[start:end], str(end) if end < len(items) else None


OPERATIONS = {
    "FilterLogEvents": filter_log_events,
    "GetLogEvents": get_log_events,
    "DescribeLogStreams": describe_log_streams,
    "DescribeLogGroups": describe_log_groups,
}
