"""Hosting for the control endpoint: what there is of it, and endpoints that are pushed along. No HTTP here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.standin import endpoint_life

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standin.autoscaling_state import Part, Target
    from tests.standin.endpoint_life import Endpoint
    from tests.standin.state import Model, Region

Report = dict[str, Any]


def hosting_report(regions: list[Region], now: float) -> Report:
    """Everything about hosting in these regions at that time."""

    def gathered(of: Callable[[Region], list[Report]]) -> list[Report]:
        return [{"region": r.name, "account": r.account, **entry} for r in regions for entry in of(r)]

    return {
        "endpoints": gathered(lambda r: [_endpoint(r, e, now) for e in r.endpoints.ordered if e.exists(now)]),
        "endpoint_configs": gathered(lambda r: [_named(r, c) for c in r.endpoint_configs.ordered if c.exists(now)]),
        "models": gathered(lambda r: [_named(r, m) for m in r.models.ordered if m.exists(now)]),
        "targets": gathered(lambda r: [_target(r, target) for target in r.scaling.targets.all(now)]),
        "policies": gathered(lambda r: [_part(part) for part in r.scaling.policies.all(now)]),
        "scheduled_actions": gathered(lambda r: [_part(part) for part in r.scaling.actions.all(now)]),
        "in_use_deleted": gathered(lambda r: list(r.in_use_deleted)),
    }


def _endpoint(region: Region, endpoint: Endpoint, now: float) -> Report:
    stage = endpoint.at(now)
    return {
        "name": endpoint.name,
        "arn": endpoint.arn,
        "status": stage.status,
        "reason": stage.reason,
        "config": stage.present.config_name,
        "pending_config": stage.pending.config_name if stage.pending is not None else "",
        "created": endpoint.created,
        "variants": [
            {"name": v.name, "count": v.count, "weight": v.weight, "serverless": v.serverless}
            for v in stage.present.all_variants
        ],
        "tags": dict(region.tags.get(endpoint.arn, {})),
    }


def _named(region: Region, item: Model) -> Report:
    tags = dict(region.tags.get(item.arn, {}))
    return {"name": item.name, "arn": item.arn, "created": item.created, "tags": tags, "request": item.request}


def _target(region: Region, target: Target) -> Report:
    return {
        "resource": target.resource,
        "dimension": target.dimension,
        "arn": target.arn,
        "min": target.low,
        "max": target.high,
        "suspended": dict(target.suspended),
        "tags": dict(region.scaling.tags.get(target.arn, {})),
    }


def _part(part: Part) -> Report:
    return {
        "resource": part.resource,
        "dimension": part.dimension,
        "name": part.name,
        "arn": part.arn,
        **part.values,
    }


def change_endpoint(region: Region, name: str, now: float, status: str, reason: str, *, ends: bool) -> None:
    """Bring an endpoint into a status now, where it stays. ValueError if it isn't there or can't end so."""
    endpoint = region.endpoints.get(name, now)
    if endpoint is None:
        raise ValueError(f"no endpoint {name!r} in {region.name}")
    if ends and status not in endpoint_life.AT_REST:
        raise ValueError(f"an endpoint ends as {', '.join(sorted(endpoint_life.AT_REST))}, not {status!r}")
    endpoint.gone_at = None
    region.tags_until.pop(endpoint.arn, None)
    endpoint.turn(now, endpoint_life.forced(endpoint.at(now), status, reason, now))
