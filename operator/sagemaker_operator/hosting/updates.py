"""What came of an update of an endpoint, and what is noted about updates in `operatorState`. Pure.

UpdateEndpoint has no token and its answer may be lost, descriptions may be older than the call, and others change the
endpoint too (autoscaling does). So these notes are taken:

- `updateTo`: the endpoint configuration that the endpoint is being brought to; written before the call;
- `updateFrom`: LastModifiedTime of the endpoint before the call;
- `createAttempt`: when the call was about to be made;
- `rejected`: the endpoint configuration that AWS has taken an update to and that does not serve: beside `updateTo` the
  update is under way, without it has failed, and is not tried again until the spec asks for something else;
- `recreate`: the endpoint failed for good and is deleted to be created anew.
"""

from __future__ import annotations

import enum
from typing import Any

from sagemaker_operator import facts
from sagemaker_operator.facts import Facts
from sagemaker_operator.hosting.view import FAILED, ROLLBACK_FAILED, View, precise

State = dict[str, Any]

_UPDATE = frozenset({"updateTo", "updateFrom"})


class Outcome(enum.Enum):
    """How an update stands."""

    NONE = "none"
    UNDER_WAY = "under way"
    NOT_SEEN = "not seen"
    """AWS shows the endpoint as it was before the call, and may not have caught up."""
    LOST = "lost"
    """It never began."""
    DONE = "done"
    FAILED = "failed"


def outcome(f: Facts, view: View) -> Outcome:
    """What came of the update that the notes tell of."""
    to = wanted(f)
    if not to:
        return Outcome.NONE
    if not view.fresh or not view.at_rest:
        return Outcome.UNDER_WAY
    if view.config == to and view.word not in (FAILED, ROLLBACK_FAILED):
        return Outcome.DONE
    if not _moved(f, view):
        return Outcome.NOT_SEEN if patience(f) else Outcome.LOST
    # Something has changed the endpoint since. That it was the update is sure if AWS took it, or names a failure.
    return Outcome.FAILED if accepted(f) or view.failure else Outcome.LOST


def wanted(f: Facts) -> str:
    """The endpoint configuration that the endpoint is being brought to; empty without an update."""
    return str(f.state.get("updateTo") or "")


def accepted(f: Facts) -> bool:
    """AWS has taken the update."""
    return bool(wanted(f)) and f.state.get("rejected") == wanted(f)


def rejected(state: State) -> str:
    """The endpoint configuration whose update has failed; empty without one."""
    return "" if state.get("updateTo") else str(state.get("rejected") or "")


def recreates(f: Facts) -> bool:
    """The endpoint is being deleted to be created anew."""
    return bool(f.state.get("recreate"))


def patience(f: Facts) -> float:
    """Seconds for which AWS may still show the endpoint as it was before the last call."""
    if f.announced is None:
        return 0.0
    return max(0.0, f.consistency_window - (f.now - f.announced).total_seconds())


def announced(f: Facts, view: View, to: str) -> State:
    """The notes before an update."""
    kept = {key: value for key, value in f.state.items() if key != "rejected"}
    return {**kept, "updateTo": to, "updateFrom": precise(view.modified), "createAttempt": f.timestamp()}


def taken(f: Facts) -> State:
    """The notes once AWS has taken the update."""
    return {**f.state, "rejected": wanted(f)}


def refused(f: Facts) -> State:
    """The notes once AWS has refused the update: nothing is under way."""
    return {key: value for key, value in f.state.items() if key not in _UPDATE}


def settled(f: Facts, came: Outcome) -> State:
    """The notes after an update ended; unchanged while it is under way."""
    match came:
        case Outcome.DONE:
            return {key: value for key, value in refused(f).items() if key != "rejected"}
        case Outcome.FAILED:
            return {**refused(f), "rejected": wanted(f)}
        case Outcome.LOST:
            return {key: value for key, value in refused(f).items() if key != "rejected"}
        case _:
            return dict(f.state)


def began_before(f: Facts, modified: float) -> bool:
    """A change at this time (seconds since the epoch) came before the update under way."""
    before = facts.parse_rfc3339(str(f.state.get("updateFrom") or ""))
    return bool(wanted(f)) and before is not None and int(modified * 1000) <= round(before.timestamp() * 1000)


def _moved(f: Facts, view: View) -> bool:
    return view.modified is not None and not began_before(f, view.modified.timestamp())
