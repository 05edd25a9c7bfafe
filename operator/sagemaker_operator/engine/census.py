"""How many objects there are in which state, counted when Prometheus asks.

Only what changed since the last scrape is decoded, so that thousands of objects at rest cost next to nothing. Names
of objects are no labels: the number of series grows with namespaces and states, not with objects.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sagemaker_operator import reasons
from sagemaker_operator.engine.bounded import OTHER, Bounded
from smkube import conditions, kinds

if TYPE_CHECKING:
    from sagemaker_operator.engine.cache import Objects
    from smkube.kube import envelope

UNSEEN = "New"
"""Status word of an object that has none yet."""
_ENDS = frozenset({reasons.FAILED, reasons.STOPPED, reasons.DELETED_EXTERNALLY})
"""Reasons for which a job that is over counts as stalled; nothing is in its way any more."""
_REASONS = frozenset(value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str))
"""The reasons that there are; whoever may write statuses could write others."""
_STATES = frozenset({"True", "False", "Unknown"})
_TYPES = frozenset({"Succeeded", "Ready", "Reconciling", "Stalled", "Paused", "InvalidAnnotation"})
"""The conditions that are counted."""

Condition = tuple[str, str, str]
"""Type, status and reason."""


class _Seen(NamedTuple):
    version: str
    status: str
    stalled: str
    conditions: tuple[Condition, ...]


class Census(Collector):
    """Counts the objects of some kinds.

    Args:
        caches: their caches.
        may_act: whether this process is the one that acts; of several replicas one is to count.
    """

    def __init__(self, caches: Mapping[kinds.Kind, Objects], may_act: Callable[[], bool]) -> None:
        self._caches = caches
        self._may_act = may_act
        self._seen: dict[kinds.Kind, dict[str, _Seen]] = {kind: {} for kind in caches}
        self._words = Bounded(most=128)
        self._shared: dict[tuple[Condition, ...], tuple[Condition, ...]] = {}
        """Thousands of objects are in a few states: each state is kept once."""
        self._lock = threading.Lock()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The families without figures, so that registering them counts nothing."""
        yield from self._families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families with the figures of this moment."""
        objects, stalled, conditioned = self._families()
        with self._lock:
            for kind, cache in self._caches.items() if self._may_act() else ():
                seen = self._look(kind, cache)
                _fill(objects, kind, Counter((_namespace(key), one.status) for key, one in seen.items()))
                held = ((_namespace(key), one.stalled) for key, one in seen.items() if one.stalled)
                _fill(stalled, kind, Counter(held))
                _fill(conditioned, kind, _each(Counter(one.conditions for one in seen.values())))
        yield objects
        yield stalled
        yield conditioned

    def _look(self, kind: kinds.Kind, cache: Objects) -> dict[str, _Seen]:
        before, now = self._seen[kind], {}
        for key, obj in cache.items():
            known = before.get(key)
            # No version is no proof: the server's storage was put back to an earlier state.
            same = known is not None and known.version == obj.metadata.resource_version != ""
            now[key] = known if known is not None and same else self._share(_read(kind, obj))
        self._seen[kind] = now
        return now

    def _share(self, one: _Seen) -> _Seen:
        found = self._shared.setdefault(one.conditions, one.conditions)
        return one._replace(status=self._words(one.status), conditions=found)

    @staticmethod
    def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "sagemaker_operator_objects",
                "Objects by their status word, as far as this process works on them",
                labels=["kind", "object_namespace", "status"],
            ),
            GaugeMetricFamily(
                "sagemaker_operator_objects_stalled",
                "Objects that somebody has to help, by the reason of their condition Stalled",
                labels=["kind", "object_namespace", "reason"],
            ),
            GaugeMetricFamily(
                "sagemaker_operator_objects_conditions",
                "Objects by their conditions, with the reason of each",
                labels=["kind", "condition", "state", "reason"],
            ),
        )


def _fill(family: GaugeMetricFamily, kind: kinds.Kind, counted: Counter[tuple[str, ...]]) -> None:
    for labels, count in sorted(counted.items()):
        family.add_metric([kind.singular, *labels], count)


def _each(states: Counter[tuple[Condition, ...]]) -> Counter[tuple[str, ...]]:
    """How many objects have a condition, from how many have a set of them."""
    counted: Counter[tuple[str, ...]] = Counter()
    for state, count in states.items():
        for condition in state:
            counted[condition] += count
    return counted


def _namespace(key: str) -> str:
    return key.partition("/")[0]


def _read(kind: kinds.Kind, obj: envelope.Object) -> _Seen:
    status = obj.status_dict()
    stalled = conditions.find(status.get("conditions") or (), "Stalled") or {}
    reason = _known(stalled.get("reason")) if stalled.get("status") == "True" else ""
    have = {str(one.get("type")): one for one in status.get("conditions") or () if isinstance(one, Mapping)}
    return _Seen(
        obj.metadata.resource_version,
        str(status.get(kind.status_word) or UNSEEN),
        "" if reason in _ENDS else reason,
        tuple(
            (name, state if (state := str(one.get("status"))) in _STATES else OTHER, _known(one.get("reason")))
            for name, one in sorted(have.items())
            if name in _TYPES
        ),
    )


def _known(reason: object) -> str:
    """A reason of ours; a status may be written by others too."""
    word = str(reason)
    return word if word in _REASONS else OTHER
