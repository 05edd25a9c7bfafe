"""The caches of the kinds that this process watches, and of no others. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagemaker_operator.engine.cache import Objects


class Watched(Mapping[str, Objects]):
    """The caches by kind. A kind that is not watched must never look like one that has no objects.

    Raises:
        RuntimeError: somebody asks for a kind that is not watched.
    """

    def __init__(self, caches: Mapping[str, Objects]) -> None:
        self._caches = dict(caches)

    def __getitem__(self, kind: str) -> Objects:
        if kind not in self._caches:
            raise RuntimeError(f"{kind} is not watched by this process, so nothing can be said about its objects.")
        return self._caches[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._caches)

    def __len__(self) -> int:
        return len(self._caches)
