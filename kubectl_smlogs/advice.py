"""What to do next, given how things stand with an object. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_smlogs.resources import ENDPOINT, TUNING
from kubectl_smlogs.target import FAILED, Target


def advice(target: Target) -> Iterator[str]:
    """Commands that are worth a try, given how things stand."""
    words = target.words
    if not target.resource.has_log:
        yield f"kubectl describe {words}"
        return
    if not target.job:
        yield f"kubectl smlogs {words} -f --wait"
        yield f"kubectl describe {words}"
        return
    if target.resource.sort == TUNING:
        yield from _advice_for_tuning(target, words)
    elif target.resource.sort == ENDPOINT:
        yield f"kubectl smlogs {words} --since 10m -f"
        yield from (f"kubectl smlogs {words} --variant {each.name}" for each in target.variants[1:])
    elif target.outcome:
        yield f"kubectl smlogs {words}" + (" --tail 100" if target.outcome == FAILED else "")
    else:
        yield f"kubectl smlogs {words} -f"
    yield f"kubectl smlogs url {words}"


def _advice_for_tuning(target: Target, words: str) -> Iterator[str]:
    yield f"kubectl smlogs {words}" + ("" if target.outcome else " -f")
    if target.best:
        yield f"kubectl smlogs {words} --children best"
    if any("rror" in name and count for name, count in target.counters):
        yield f"kubectl smlogs {words} --children failed"
