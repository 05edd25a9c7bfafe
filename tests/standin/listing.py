"""Pages of List operations, with the traps of the real ones.

The page is cut first and filtered by status afterwards, so a page may be empty and still have a token; the last page
may be empty without one. Tokens say where to go on, not which number, so every item comes once even while others are
created.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, TypeVar

from tests.standin.errors import validation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")


def encode_token(operation: str, place: Any) -> str:
    """An opaque token for a place in the order of an operation's items."""
    return base64.urlsafe_b64encode(json.dumps([operation, place]).encode()).decode()


def decode_token(operation: str, token: str) -> Any:
    """The place in a token. ValidationException if it is not one of this operation's."""
    try:
        found, place = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise validation("Invalid NextToken.") from error
    if found != operation:
        raise validation("Invalid NextToken.")
    return place


def cut_page(
    items: Iterable[Item],
    limit: int,
    counts: Callable[[Item], bool],
    shown: Callable[[Item], bool],
) -> tuple[list[Item], Item | None]:
    """A page of `limit` items that count, of these the ones that are shown, and the last item looked at.

    Returns None as last item where the order came to its end.
    """
    page: list[Item] = []
    counted = 0
    last: Item | None = None
    for item in items:
        if counted == limit:
            return page, last
        last = item
        if counts(item):
            counted += 1
            if shown(item):
                page.append(item)
    return page, None
