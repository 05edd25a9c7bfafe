"""All collections that a process watches: a reflector and a cache for each kind and each of its namespaces.

Where all namespaces are watched there is one collection per kind. Of single namespaces each has its own, so that rights
in these namespaces are enough, and nothing of the others comes over the network or into memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sagemaker_operator.engine.cache import Cache, Objects
from sagemaker_operator.engine.gathered import Gathered
from sagemaker_operator.engine.reflector import Reflector
from sagemaker_operator.engine.watched import Watched
from smkube import kinds
from smkube.kube import envelope
from smkube.kube.client import Client

OnChange = Callable[[kinds.Kind, envelope.Object | None, envelope.Object | None], None]
"""(kind, old, new): an object was added, changed or removed; called on the reflectors' threads."""
OnBeat = Callable[[str, float], None]
"""(name, seconds): a reflector's thread is at work, and will be heard of again within so many seconds."""


@dataclass(frozen=True, slots=True)
class _Mirror:
    kind: kinds.Kind
    namespace: str
    """Empty for all."""
    cache: Cache
    reflector: Reflector

    @property
    def title(self) -> str:
        """What is mirrored, in words."""
        return self.kind.plural + (f" in {self.namespace}" if self.namespace else "")


class Mirrors:
    """The collections of some kinds.

    Args:
        client: requests to the API server; each collection holds one connection.
        watched: the kinds.
        namespaces: the namespaces; none for all.
        on_change: told of each change after the cache has it.
        stop: ends the reflectors.
        beat: see OnBeat.
    """

    def __init__(
        self,
        client: Client,
        watched: Sequence[kinds.Kind],
        namespaces: Sequence[str],
        on_change: OnChange,
        *,
        stop: threading.Event,
        beat: OnBeat,
    ) -> None:
        self._client = client
        self._on_change = on_change
        self._stop = stop
        self._beat = beat
        self.kinds = tuple(watched)
        """The kinds that are watched."""
        self._mirrors = [self._mirror(kind, namespace) for kind in watched for namespace in namespaces or ("",)]
        self.caches = Watched({kind.name: self._objects(kind) for kind in watched})
        """The objects by kind."""

    def start(self) -> None:
        """Start all reflectors; once only."""
        for mirror in self._mirrors:
            self._beat(_name(mirror.kind, mirror.namespace), 0.0)
            mirror.reflector.start()

    def stop(self) -> None:
        """End all reflectors; returns at once."""
        for mirror in self._mirrors:
            mirror.reflector.stop()

    def synced(self) -> list[threading.Event]:
        """Set one after the other as the caches are filled."""
        return [mirror.reflector.synced for mirror in self._mirrors]

    def unfilled(self) -> list[str]:
        """The collections whose caches are not filled yet, such as `trainingjobs in team-a`."""
        return [mirror.title for mirror in self._mirrors if not mirror.reflector.synced.is_set()]

    def staleness(self, kind: kinds.Kind) -> float:
        """Seconds since the API server last showed that a kind's caches are as new as the server; of the oldest."""
        return max(mirror.reflector.staleness() for mirror in self._mirrors if mirror.kind is kind)

    def _mirror(self, kind: kinds.Kind, namespace: str) -> _Mirror:
        name, cache = _name(kind, namespace), Cache()
        reflector = Reflector(
            self._client,
            kinds.resource_path(kind, namespace or None),
            cache,
            lambda _change, old, new: self._on_change(kind, old, new),
            name=name.removeprefix(_PREFIX),
            stop=self._stop,
            beat=lambda within: self._beat(name, within),
        )
        return _Mirror(kind, namespace, cache, reflector)

    def _objects(self, kind: kinds.Kind) -> Objects:
        parts = {mirror.namespace: mirror.cache for mirror in self._mirrors if mirror.kind is kind}
        return Gathered(parts) if len(parts) > 1 else next(iter(parts.values()))


_PREFIX = "reflector-"


def _name(kind: kinds.Kind, namespace: str) -> str:
    """Of the thread, and in log lines but for the prefix."""
    return "-".join([f"{_PREFIX}{kind.plural}", *([namespace] if namespace else [])])
