"""The control endpoint `/_standin/...`: turns its requests into changes of the world. JSON in, JSON out.

| Request | Body or query | Does |
|---|---|---|
| GET /_standin/health | | status, time, speed, account |
| GET /_standin/requests | | counters by operation and outcome |
| GET /_standin/requests | record=1, after=TIME | single requests |
| GET /_standin/requests | wait=service.Operation, at_least, timeout | waits for so many, counts them |
| POST /_standin/reset | {"what": ["state", "requests", "faults", "rules", "settings"]} | begins anew (empty: all) |
| GET, POST /_standin/faults | add, clear, throttle, aws_limits, latency_ms, stale, credentials, accounts, deny | |
| POST /_standin/faults | policies | IAM policies of access keys |
| GET, POST /_standin/rules | add, clear, phases, logs, quotas, missing_roles, last_modified, omit | fate of new jobs |
| POST /_standin/clock | advance, speed | time |
| POST /_standin/logs | group, stream, events, region, account | puts log events |
| GET, POST /_standin/jobs | end or show, status, secondary, reason, exit_message, kind, region, account | jobs |
| POST /_standin/models | name, region, account | makes a model |
| GET /_standin/hosting | | endpoints, their configurations, scaling, deletions while in use |
| POST /_standin/endpoints | end or show, status, reason, region, account | changes an endpoint |
| GET, POST /_standin/queues | queue, region, account, drop, double, delay, shuffle, visibility, put | events |
| GET /_standin/held | at_least, timeout | calls that are held |
| POST /_standin/release | drop | lets them go on, or breaks them off |
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.standin import iam, processing, training, transform
from tests.standin.dispatch import Request, Response
from tests.standin.errors import sagemaker_arn
from tests.standin.faults import CREDENTIAL_STATES, Fault
from tests.standin.hosting_control import change_endpoint, hosting_report
from tests.standin.lifecycle import TERMINAL, Interrupt
from tests.standin.queues import Queue
from tests.standin.settings import AWS_LIMITS, JobRule, LogPlan, Settings, parse_phases
from tests.standin.state import Job, Model, Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.standin.world import World

PREFIX = "/_standin/"
DEFAULT_REGION = "us-east-1"
Body = dict[str, Any]


class UnknownPathError(ValueError):
    """The control endpoint has no such path or method."""


def respond(world: World, request: Request) -> Response:
    """The HTTP answer of the control endpoint: 200, or 400/404 with the reason as text."""
    try:
        body = json.loads(request.body) if request.body else {}
        result = handle(world, request.method, request.path, body)
    except UnknownPathError as error:
        return Response(404, str(error).encode())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Response(400, f"{type(error).__name__}: {error}".encode())
    return Response(200, json.dumps(result).encode(), {"Content-Type": "application/json"})


def handle(world: World, method: str, path: str, body: Body) -> Body:
    """Carry out one request. ValueError, KeyError or TypeError say what is wrong with it."""
    route, _, query = path.partition("?")
    found = ROUTES.get((method, route.removeprefix(PREFIX)))
    if found is None or not route.startswith(PREFIX):
        known = ", ".join(f"{verb} {PREFIX}{name}" for verb, name in ROUTES)
        raise UnknownPathError(f"no {method} {route}; there are {known}")
    return found(world, {**dict(parse_qsl(query)), **body})


def _only(body: Body, *names: str) -> None:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise ValueError(f"unknown member {unknown[0]!r}; there are {', '.join(names)}")


def _region(world: World, body: Body) -> Region:
    return world.region(body.get("account", world.account), body.get("region", DEFAULT_REGION))


def _health(world: World, _body: Body) -> Body:
    return {"status": "ok", "now": world.clock.now(), "speed": world.clock.speed, "account": world.account}


def _requests(world: World, body: Body) -> Body:
    if body.get("record"):
        return {"record": world.counters.record(float(body.get("after", "0")))}
    if "wait" in body:
        counted = world.counters.wait(body["wait"], int(body["at_least"]), float(body["timeout"]))
        return {"count": counted}
    return world.counters.report()


def _reset(world: World, body: Body) -> Body:
    _only(body, "what")
    parts = ("state", "requests", "faults", "rules", "settings")
    what = body.get("what") or parts
    unknown = sorted(set(what) - set(parts))
    if unknown:
        raise ValueError(f"cannot reset {unknown[0]!r}; there are {', '.join(parts)}")
    if "state" in what:
        world.forget()
    if "requests" in what:
        world.counters.reset()
    if "faults" in what:
        world.faults.reset()
    if "settings" in what:
        rules = world.settings.rules
        world.settings = Settings(seed=world.settings.seed, rules=rules)
    if "rules" in what:
        world.settings.rules = []
    return {"reset": list(what)}


def parse_rate(value: float | str) -> tuple[float, float]:
    """A rate as calls a second and burst, from a number or `rate:burst`; the burst is at least 1."""
    rate, _, burst = str(value).partition(":")
    return float(rate), float(burst or max(float(rate), 1.0))


_FAULT_MEMBERS = (
    *("add", "clear", "throttle", "aws_limits", "latency_ms", "stale"),
    *("credentials", "accounts", "deny", "policies"),
)


def _faults(world: World, body: Body) -> Body:
    _only(body, *_FAULT_MEMBERS)
    faults = world.faults
    added = [Fault.parse(values) for values in body.get("add", ())]
    rates = dict(AWS_LIMITS) if body.get("aws_limits") else {}
    rates.update({name: parse_rate(rate) for name, rate in body.get("throttle", {}).items()})
    latency = _by_name(body.get("latency_ms", {}), "*")
    stale = _by_name(body.get("stale", {}), *faults.stale)
    _only(stale, *faults.stale)
    credentials: dict[str, str] = body.get("credentials", {})
    wrong = sorted(set(credentials.values()) - set(CREDENTIAL_STATES))
    if wrong:
        raise ValueError(f"unknown state of credentials {wrong[0]!r}; there are {', '.join(CREDENTIAL_STATES)}")
    policies = {key: iam.Policy.parse(document) for key, document in body.get("policies", {}).items()}
    if body.get("clear"):
        faults.clear()
    if rates:
        faults.set_throttle(rates)
    faults.latency.update({name: value / 1000 for name, value in latency.items()})
    faults.stale.update(stale)
    faults.credentials.update(credentials)
    faults.denied = list(body.get("deny", faults.denied))
    if "policies" in body:
        faults.set_policies(policies)
    world.accounts.update(body.get("accounts", {}))
    for fault in added:
        faults.add(fault)
    return _faults_report(world)


def _by_name(value: Any, *names: str) -> dict[str, float]:
    """Numbers by name, from a dict or from one number for all names."""
    by_name = value if isinstance(value, dict) else dict.fromkeys(names, value)
    return {name: float(number) for name, number in by_name.items()}


def _faults_report(world: World) -> Body:
    faults = world.faults
    return {
        "faults": [asdict(fault) for fault in faults.list],
        "throttle": {name: list(limit) for name, limit in faults.throttle.items()},
        "latency_ms": {name: value * 1000 for name, value in faults.latency.items()},
        "stale": dict(faults.stale),
        "credentials": dict(faults.credentials),
        "accounts": dict(world.accounts),
        "deny": list(faults.denied),
        "demanded": {key: sorted(demands) for key, demands in faults.demanded.items()},
    }


def _rules(world: World, body: Body) -> Body:
    _only(body, "add", "clear", "phases", "logs", "quotas", "missing_roles", "last_modified", "omit")
    settings = world.settings
    rules = [JobRule.parse(values) for values in body.get("add", ())]
    phases = parse_phases(body.get("phases", {}))
    logs = settings.logs.changed(body.get("logs", {}))
    moves = body.get("last_modified", "primary" if settings.modified_primary_only else "secondary")
    if moves not in ("primary", "secondary"):
        raise ValueError("last_modified moves with the primary or the secondary status")
    if body.get("clear"):
        settings.rules = []
    # The newest rule comes first, so that a later one can make an exception.
    settings.rules = [*reversed(rules), *settings.rules]
    settings.phases.update(phases)
    settings.logs = logs
    settings.quotas.update({name: int(limit) for name, limit in body.get("quotas", {}).items()})
    settings.missing_roles = list(body.get("missing_roles", settings.missing_roles))
    settings.modified_primary_only = moves == "primary"
    settings.omit = list(body.get("omit", settings.omit))
    return _rules_report(world)


def _rules_report(world: World) -> Body:
    settings = world.settings
    return {
        "rules": [asdict(rule) for rule in settings.rules],
        "phases": {name: list(span) for name, span in settings.phases.items()},
        "logs": {name: getattr(settings.logs, name) for name in LogPlan.__slots__},
        "quotas": dict(settings.quotas),
        "missing_roles": list(settings.missing_roles),
        "omit": list(settings.omit),
        "last_modified": "primary" if settings.modified_primary_only else "secondary",
    }


def _clock(world: World, body: Body) -> Body:
    _only(body, "advance", "speed")
    if "speed" in body:
        world.clock.set_speed(float(body["speed"]))
    return {"now": world.clock.advance(float(body.get("advance", 0.0))), "speed": world.clock.speed}


def _logs(world: World, body: Body) -> Body:
    _only(body, "group", "stream", "events", "region", "account")
    with world.lock:
        now, region = world.clock.now(), _region(world, body)
        for area in (training, transform, processing):
            area.log_group(region)
        stream = region.group(body["group"]).put_stream(body["stream"], round(now * 1000))
        for event in body["events"]:
            _only(event, "message", "timestamp", "offset", "readable_in")
            timestamp = event.get("timestamp", round((now + event.get("offset", 0.0)) * 1000))
            stream.put(int(timestamp), round((now + event.get("readable_in", 0.0)) * 1000), event["message"])
    return {"put": len(body["events"])}


def _jobs(world: World, _body: Body) -> Body:
    with world.lock:
        now, regions = world.clock.now(), world.regions()
        for region in regions:
            region.agenda.advance(now)
        found = [(region, job) for region in regions for job in region.jobs() if job.exists(now)]
        return {"jobs": [_job_report(region, job, now) for region, job in found]}


def _job_report(region: Region, job: Job, now: float) -> Body:
    step = job.at(now)
    return {
        "kind": job.kind,
        "name": job.name,
        "arn": job.arn,
        "region": region.name,
        "account": region.account,
        "status": step.status,
        "secondary": step.secondary,
        "created": job.created,
        "tags": dict(region.tags.get(job.arn, {})),
        "request": job.request,
    }


def _change_job(world: World, body: Body) -> Body:
    _only(body, "end", "show", "status", "secondary", "reason", "exit_message", "kind", "region", "account")
    kind = "end" if "end" in body else "show"
    name, status = body[kind], body.get("status", "Completed")
    if kind == "end" and status not in TERMINAL:
        raise ValueError(f"a job ends as {', '.join(sorted(TERMINAL))}, not {status!r}")
    with world.lock:
        now, region = world.clock.now(), _region(world, body)
        region.agenda.advance(now)
        job = region.running_job(name, now, body.get("kind", "*"))
        if job is None and kind == "show":
            # A tuning job is shown as Deleting or DeleteFailed after its end.
            job = region.tuning.get(name, now)
        if job is None:
            raise ValueError(f"no running job {name!r} in {region.name}")
        said = [body.get(member, "") for member in ("reason", "secondary", "exit_message")]
        job.interrupt(Interrupt(kind, now, status, *said))
    return {kind: name}


def _models(world: World, body: Body) -> Body:
    _only(body, "name", "region", "account")
    add_model(world, _region(world, body), body["name"])
    return {"model": body["name"]}


def add_model(world: World, region: Region, name: str) -> None:
    """Make a model with an image that nobody looks at, if it is not there."""
    with world.lock:
        if region.models.get(name, world.clock.now()) is not None:
            return
        arn = sagemaker_arn(region.name, region.account, "model", name)
        request = {
            "ModelName": name,
            "ExecutionRoleArn": f"arn:aws:iam::{region.account}:role/stand-in",
            "PrimaryContainer": {
                "Image": f"{region.account}.dkr.ecr.{region.name}.amazonaws.com/{name.lower()}:1",
                "ModelDataUrl": f"s3://stand-in/{name}/model.tar.gz",
            },
        }
        region.models.add(Model(name, arn, region.models.next_number(), request, world.clock.now()))
        region.tags[arn] = {}


def _hosting(world: World, _body: Body) -> Body:
    with world.lock:
        return hosting_report(world.regions(), world.clock.now())


def _change_endpoint(world: World, body: Body) -> Body:
    _only(body, "end", "show", "status", "reason", "region", "account")
    kind = "end" if "end" in body else "show"
    status = body.get("status", "InService")
    with world.lock:
        change_endpoint(
            _region(world, body), body[kind], world.clock.now(), status, body.get("reason", ""), ends=kind == "end"
        )
    return {kind: body[kind]}


_QUEUE_MEMBERS = ("drop", "double", "delay", "shuffle", "visibility")


def _queues(world: World, body: Body) -> Body:
    """Make or change a queue, and put messages into it by hand."""
    _only(body, "queue", "region", "account", "put", *_QUEUE_MEMBERS)
    with world.changed:
        now, region = world.clock.now(), _region(world, body)
        name, values = body["queue"], {key: body[key] for key in _QUEUE_MEMBERS if key in body}
        # What is due by now is not yet under the new settings.
        region.bus.advance(region, now)
        queue = region.bus.queues.get(name) or Queue(name)
        queue.set(values)
        if name not in region.bus.queues:
            region.bus.add(region, queue, now)
        for text in body.get("put", ()):
            queue.put(text, now)
        world.changed.notify_all()
    return {"queue": name}


def _queues_report(world: World, _body: Body) -> Body:
    with world.lock:
        now, found = world.clock.now(), []
        for region in world.regions():
            region.agenda.advance(now)
            region.bus.advance(region, now)
            found += [
                {"queue": queue.name, "region": region.name, **queue.report(now)}
                for queue in region.bus.queues.values()
            ]
        return {"queues": found}


def _held(world: World, body: Body) -> Body:
    _only(body, "at_least", "timeout")
    return {"held": world.faults.holds.waiting(int(body.get("at_least", 0)), float(body.get("timeout", 0.0)))}


def _release(world: World, body: Body) -> Body:
    _only(body, "drop")
    return {"released": world.faults.holds.release(drop=bool(body.get("drop", False)))}


ROUTES: dict[tuple[str, str], Callable[[World, Body], Body]] = {
    ("GET", "health"): _health,
    ("GET", "requests"): _requests,
    ("POST", "reset"): _reset,
    ("GET", "faults"): lambda world, _body: _faults_report(world),
    ("POST", "faults"): _faults,
    ("GET", "rules"): lambda world, _body: _rules_report(world),
    ("POST", "rules"): _rules,
    ("POST", "clock"): _clock,
    ("POST", "logs"): _logs,
    ("GET", "jobs"): _jobs,
    ("POST", "jobs"): _change_job,
    ("POST", "models"): _models,
    ("GET", "hosting"): _hosting,
    ("POST", "endpoints"): _change_endpoint,
    ("GET", "queues"): _queues_report,
    ("POST", "queues"): _queues,
    ("GET", "held"): _held,
    ("POST", "release"): _release,
}
