"""What models, endpoint configurations and endpoints have in common: lists in pages, and deletions while in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tests.standin.listing import cut_page, decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standin.endpoint_life import Deployment
    from tests.standin.state import Table
    from tests.standin.world import Call


class Resource(Protocol):
    """Something with a name, a number that grows with the time of creation, and a beginning."""

    name: str
    number: int
    created: float

    def exists(self, now: float) -> bool:
        """Whether it is there at that time."""


Found = TypeVar("Found", bound=Resource)


def list_page(
    call: Call,
    table: Table[Found],
    *,
    modified: Callable[[Found], float] | None = None,
    status: Callable[[Found], str] | None = None,
) -> tuple[list[Found], str | None]:
    """A page of resources by the request's filters, newest first by default, and the token of the next.

    `status` also filters, after the page is cut: pages may be empty and still have a token.
    """
    params = call.params
    descending = params.get("SortOrder", "Descending") == "Descending"
    by = params.get("SortBy", "CreationTime")

    def key(item: Found) -> list[Any]:
        if by == "Name":
            return [item.name]
        return [status(item), item.number] if by == "Status" and status is not None else [item.number]

    items = [item for item in table.ordered if item.exists(call.seen)]
    items.sort(key=key, reverse=descending)
    token_for = f"{call.operation}/{by}"
    if params.get("NextToken"):
        place = decode_token(token_for, params["NextToken"])
        items = [item for item in items if (key(item) < place if descending else key(item) > place)]
    wanted = params.get("StatusEquals")
    page, last = cut_page(
        items,
        params.get("MaxResults", 10),
        lambda item: _counts(params, item, modified),
        lambda item: wanted is None or status is None or status(item) == wanted,
    )
    return page, None if last is None else encode_token(token_for, key(last))


def _counts(params: dict[str, Any], item: Found, modified: Callable[[Found], float] | None) -> bool:
    if params.get("NameContains", "") not in item.name:
        return False
    times = [("CreationTime", item.created)]
    if modified is not None:
        times.append(("LastModifiedTime", modified(item)))
    return all(
        params.get(f"{name}After", 0) <= round(time, 3) <= params.get(f"{name}Before", float("inf"))
        for name, time in times
    )


def note_deletion(call: Call, kind: str, name: str, uses: Callable[[Deployment], bool]) -> None:
    """Record a deletion that endpoints make use of: AWS permits it and warns of what it does to them."""
    users = [
        endpoint.name
        for endpoint in call.region.endpoints.ordered
        if endpoint.exists(call.now)
        and any(uses(part) for part in (endpoint.at(call.now).deployed, endpoint.at(call.now).target) if part)
    ]
    if users:
        call.region.in_use_deleted.append({"kind": kind, "name": name, "endpoints": users, "time": call.now})
