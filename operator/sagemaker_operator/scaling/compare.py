"""Whether Application Auto Scaling has what is asked for. Pure.

Empty, off and absent are the same, and so are 1 and 1.0, and two spellings of one time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sagemaker_operator import facts

_NAMES = frozenset({"Name", "Value"})


def covers(actual: Any, stated: Any) -> bool:
    """Whether everything that is stated is so; what AWS says beyond that is no difference."""
    if isinstance(stated, Mapping):
        has = actual if isinstance(actual, Mapping) else {}
        return all(covers(has.get(member), value) for member, value in stated.items())
    if isinstance(stated, list | tuple):
        return _list_covers(actual or [], stated)
    return bool(_plain(actual) == _plain(stated))


def same(actual: Any, stated: Any) -> bool:
    """Whether AWS has that and no more."""
    return covers(actual, stated) and covers(stated, actual)


def _list_covers(actual: Any, stated: Any) -> bool:
    if not isinstance(actual, list | tuple) or len(actual) != len(stated):
        return False
    return all(covers(has, value) for has, value in zip(_ordered(actual), _ordered(stated), strict=True))


def _ordered(entries: Any) -> list[Any]:
    """Dimensions of a metric are a set."""
    pairs = all(isinstance(entry, Mapping) and entry.keys() <= _NAMES for entry in entries)
    return sorted(entries, key=lambda entry: str(entry.get("Name"))) if pairs else list(entries)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str):
        moment = facts.parse_rfc3339(value) if "T" in value else None
        return moment.timestamp() if moment is not None else value or None
    return None if value is False or value in ((), [], {}) else value
