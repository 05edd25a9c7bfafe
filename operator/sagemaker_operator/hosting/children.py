"""The Model and EndpointConfig objects of a HostingDeployment: which there are, are wanted, or are missing. Pure.

A child is chosen by what it says, not by the generation in its name: whatever means the same to SageMaker is used
again, so that neither an edit without effect nor the way back to a revision that is still there rolls the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sagemaker_operator import controls, reasons
from sagemaker_operator.facts import Facts, Related
from sagemaker_operator.hosting import childnames, content
from sagemaker_operator.hosting.plan import Ready, Trouble
from sagemaker_operator.mapping import hosting as rendering
from sagemaker_operator.steps import CreateObject, DeleteObject, Find, PatchObject, Step
from smkube import conditions, kinds

Plan = Ready | Trouble
Change = CreateObject | PatchObject | DeleteObject

KINDS = (kinds.MODEL, kinds.ENDPOINT_CONFIG)

# --- what there is ---------------------------------------------------------------------------------------------


def look(f: Facts, parts: Mapping[kinds.Kind, Sequence[str]] | None = None) -> Find | None:
    """The next search until all children are known; None when they are.

    Args:
        f: the facts.
        parts: parts of the spec by kind of child. A child made for one of them at this generation is known by its
            name, whoever took its labels off.
    """
    for kind in KINDS:
        for search in _searches(f, kind, (parts or {}).get(kind, ())):
            if search.key not in f.related:
                return search
    return None


def known(f: Facts, kind: kinds.Kind) -> list[Related]:
    """The children of a kind, by name; what another object controls is none of them."""
    found: dict[str, Related] = {}
    for way in ("owned", "labelled", "named"):
        found.update({child.name: child for child in f.related.get(_key(way, kind), ())})
    return [found[name] for name in sorted(found) if found[name].owner in ("", f.uid)]


def _searches(f: Facts, kind: kinds.Kind, parts: Sequence[str]) -> Iterator[Find]:
    yield Find(_key("owned", kind), kind.name, owner=f.uid)
    if childnames.found_by_labels(f):
        yield Find(_key("labelled", kind), kind.name, labels=childnames.labels(f))
    if parts:
        names = frozenset(childnames.first_choice(f, part) for part in parts)
        yield Find(_key("named", kind), kind.name, names=names)


def _key(way: str, kind: kinds.Kind) -> str:
    return f"{way}{kind.name}"


# --- what there is to be ---------------------------------------------------------------------------------------


def plan(f: Facts, in_use: frozenset[str]) -> Step | Plan:
    """The next step towards the revision that the spec asks for, or how it stands.

    Args:
        f: the facts.
        in_use: SageMaker's names of the endpoint configurations that the endpoint has or is being brought to.
    """
    try:
        rendering.check(f.spec)
    except rendering.HostingError as error:
        what = "EndpointConfigs" if isinstance(error, rendering.VariantError) else "models"
        return Trouble(reasons.INVALID_SPEC, f"Unable to reconcile {what}: {error}", stalled=True)
    models = rendering.models(f.spec)
    parts = {kinds.MODEL: list(models), kinds.ENDPOINT_CONFIG: [f.name]}
    return look(f, parts) or _take_over(f) or _revision(f, models, in_use)


def _take_over(f: Facts) -> PatchObject | None:
    """Children that the original operator made get an owner reference, and are otherwise left as they are."""
    for kind in KINDS:
        for child in known(f, kind):
            if not child.owner and not child.deleting:
                return PatchObject(child, {"metadata": {"ownerReferences": [childnames.owner_reference(f)]}})
    return None


def _revision(f: Facts, models: Mapping[str, Mapping[str, Any]], in_use: frozenset[str]) -> Step | Plan:
    used = _models_in_use(f, in_use)
    chosen: dict[str, Related] = {}
    for name, spec in models.items():
        child = _choose(f, kinds.MODEL, name, spec, used)
        if not isinstance(child, Related):
            return child
        chosen[name] = child
    waiting = _waiting_for_models(f, chosen.values())
    if waiting is not None:
        return waiting
    names = {name: sagemaker_name(kinds.MODEL, child) for name, child in chosen.items()}
    spec = rendering.endpoint_config(f.spec, names)
    config = _choose(f, kinds.ENDPOINT_CONFIG, f.name, spec, in_use)
    if not isinstance(config, Related):
        return config
    name = sagemaker_name(kinds.ENDPOINT_CONFIG, config)
    if not name:
        return _waiting_for_config(f, config)
    return Ready(name, names, _surplus(f, {config.uid, *(child.uid for child in chosen.values())}))


def sagemaker_name(kind: kinds.Kind, child: Related) -> str:
    """SageMaker's name of a child that is there; empty while it is not."""
    there = child.status.get(kind.status_word) == "Created"
    return str(child.status.get(kind.status_name) or "") if there else ""


def _models_in_use(f: Facts, configs: frozenset[str]) -> frozenset[str]:
    """SageMaker's names of the models of endpoint configurations."""
    return frozenset(
        str(place.get(field))
        for child in known(f, kinds.ENDPOINT_CONFIG)
        if _bears(kinds.ENDPOINT_CONFIG, child, configs)
        for variants in ("productionVariants", "shadowProductionVariants")
        for variant in child.spec.get(variants) or ()
        for place, field in (
            (variant, "modelName"),
            *((p, "modelNameOverride") for p in variant.get("instancePools") or ()),
        )
    )


def _bears(kind: kinds.Kind, child: Related, names: frozenset[str]) -> bool:
    return str(child.status.get(kind.status_name) or "") in names


def _choose(f: Facts, kind: kinds.Kind, part: str, spec: Mapping[str, Any], used: frozenset[str]) -> Related | Change:
    """The child that stands for a part of the spec, or the step that makes it, or brings its tags up to date."""
    fitting = [
        child
        for child in known(f, kind)
        if not child.deleting and childnames.made_for(f, part, child.name) and content.same(child.spec, spec)
    ]
    if not fitting:
        return _make(f, kind, part, spec)
    best = max(fitting, key=lambda child: (_bears(kind, child, used), bool(sagemaker_name(kind, child)), *_age(child)))
    taken_over = bool(best.status.get("operatorState"))
    if taken_over and content.tags(best.spec) != content.tags(spec):
        # Before that its own controller would take the new tags for those that AWS has.
        return PatchObject(best, {"spec": {"tags": spec.get("tags") or None}})
    return best


def _age(child: Related) -> tuple[int, str]:
    """Orders children of one part by generation: their names differ in nothing else."""
    return len(child.name), child.name


def _make(f: Facts, kind: kinds.Kind, part: str, spec: Mapping[str, Any]) -> CreateObject:
    metadata = {
        "name": _free_name(f, kind, part, spec),
        "labels": childnames.labels(f),
        "ownerReferences": [childnames.owner_reference(f)],
    }
    return CreateObject(kind.name, metadata, spec)


def _free_name(f: Facts, kind: kinds.Kind, part: str, spec: Mapping[str, Any]) -> str:
    """The original's name; if a child of other content has that, or one on its way out, another that fits the content.

    The same every time as long as the same names are taken, so that a repeated step makes no second child.
    """
    taken = {child.name: child.uid for child in known(f, kind)}
    name, salt = childnames.first_choice(f, part), ""
    while name in taken:
        name, salt = childnames.other_choice(f, part, content.digest(spec, salt)), taken[name]
    return name


def _surplus(f: Facts, kept: set[str]) -> tuple[Related, ...]:
    """Children of other revisions, endpoint configurations before the models that they name."""
    children = (child for kind in reversed(KINDS) for child in known(f, kind))
    return tuple(child for child in children if child.uid not in kept and not child.deleting)


# --- what is waited for, in the original operator's words --------------------------------------------------------


def _waiting_for_models(f: Facts, models: Iterable[Related]) -> Trouble | None:
    waiting = [child for child in models if not sagemaker_name(kinds.MODEL, child)]
    if not waiting:
        return None
    child = next((child for child in waiting if _stalled(child)), waiting[0])
    where = f"{f.namespace}/{child.name}"
    text = f"Unable to reconcile EndpointConfigs: Unable to resolve SageMaker model name for model '{where}'"
    cause = _cause(child)
    if cause:
        text = f"{text}: Model '{where}' does not have a SageMakerModelName. Caused by: {cause}"
    return _waits(child, text)


def _waiting_for_config(f: Facts, child: Related) -> Trouble:
    where = f"{f.namespace}/{child.name}"
    cause = _cause(child)
    if cause:
        return _waits(child, f"EndpointConfig '{where}' does not have a name. Caused by: {cause}")
    return _waits(child, f"Awaiting endpoint config creation: '{where}'")


def _waits(child: Related, text: str) -> Trouble:
    stalled = _stalled(child)
    reason = stalled or reasons.DEPENDENCY_NOT_READY
    return Trouble(reason, text, stalled=bool(stalled), waits=True)


def _cause(child: Related) -> str:
    return str(child.status.get("additional") or "")


def _stalled(child: Related) -> str:
    """Why a child will not come about by waiting; empty if it may."""
    found = conditions.find(child.status.get("conditions") or (), "Stalled")
    return str(found.get("reason") or reasons.SERVICE_ERROR) if found and found.get("status") == "True" else ""


# --- an end of them ----------------------------------------------------------------------------------------------


def end(f: Facts, *, retain: bool) -> Change | None:
    """The next step to the end of all children; None when all are on their way. Endpoint configurations go first.

    Args:
        f: the facts.
        retain: what they stand for at SageMaker is to stay.
    """
    for kind in reversed(KINDS):
        children = known(f, kind)
        for child in children:
            if retain and controls.read(child.annotations).deletion != "retain":
                return PatchObject(child, {"metadata": {"annotations": {controls.DELETION_POLICY: "retain"}}})
            if not child.deleting:
                return DeleteObject(child)
        if any(awaited(child) for child in children):
            return None
    return None


def awaited(child: Related) -> bool:
    """Whether a child that was asked to go is waited for. One in trouble, or left alone, goes by itself some day."""
    return child.deleting and not _stalled(child) and not controls.read(child.annotations).paused


def trouble(f: Facts) -> str:
    """What keeps children from going, in the original operator's words; empty when nothing does."""
    told = [
        f"{kind.name} '{f.namespace}/{child.name}': {_cause(child)}"
        for kind in KINDS
        for child in known(f, kind)
        if child.deleting and _cause(child)
    ]
    return f"Unable to clean up HostingDeployment: {'; '.join(told)}" if told else ""


def left(f: Facts) -> list[Related]:
    """Children that are still waited for."""
    return [child for kind in KINDS for child in known(f, kind) if awaited(child)]
