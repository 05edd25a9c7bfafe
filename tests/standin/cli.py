"""The command line of the stand-in."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from tests.standin import control_api
from tests.standin.app import StandIn
from tests.standin.clock import Clock
from tests.standin.control import DEFAULT_REGION
from tests.standin.faults import KINDS
from tests.standin.settings import AWS_LIMITS, DEFAULT_PHASES, RULE_KINDS, Settings, parse_phases

DESCRIPTION = """\
A stand-in for Amazon SageMaker (jobs, models, endpoints, tags), its scaling and CloudWatch Logs on loopback.

It speaks the real wire protocol: give its URL to boto3 as endpoint_url, or to any program as AWS_ENDPOINT_URL, with
any access key. Requests are checked against botocore's service models, jobs pass through the real statuses, write
log streams, and can be made to fail, to be slow, to be throttled, to lose answers and to be read stale.
"""

EPILOG = f"""\
phases: {", ".join(DEFAULT_PHASES)};
  seconds, or a range such as 0.5-2 that is drawn per job.
--aws-limits: {", ".join(f"{name} {rate:g}/s" for name, (rate, _) in AWS_LIMITS.items())}.

examples:
  python -m tests.standin --port 4600 --preload-models my-model
  python -m tests.standin --phase training=60 uploading=0.5-2 --aws-limits --latency-ms 20
  python -m tests.standin --rule '{{"match": "doomed-*", "fail": "AlgorithmError: no data"}}' \\
      --fault '{{"kind": "lose_answer", "operation": "Create*", "probability": 0.1}}' --seed 7
  python -m tests.standin --virtual-time       # time stands still until POST /_standin/clock moves it
  AWS_ENDPOINT_URL=http://127.0.0.1:4600 aws sagemaker list-training-jobs

control endpoint (JSON):
{control_api.__doc__.partition(chr(10) * 2)[2] if control_api.__doc__ else ""}
  curl -d '{{"add": [{{"match": "doomed-*", "fail": "AlgorithmError: no data"}}]}}' URL/_standin/rules
  curl -d '{{"add": [{{"kind": "lose_answer", "operation": "CreateTrainingJob", "count": 1}}]}}' URL/_standin/faults
  curl -d '{{"advance": 30}}' URL/_standin/clock

members of a rule: match (glob), kind ({", ".join(RULE_KINDS)}), phases,
  fail (a reason, or reason, phase, after, exit_message), restarts, exit_message,
  logs (rate, batch, delay, late_host, late_seconds, message).
members of a fault: kind, operation (glob), name (glob), count, skip, probability, code, message, status, seconds;
  kinds: {", ".join(KINDS)}.
tests/standin/README.md says the rest.
"""


def parser() -> argparse.ArgumentParser:
    """The flags."""
    made = argparse.ArgumentParser(
        prog="python -m tests.standin",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_place(made.add_argument_group("place"))
    _add_jobs(made.add_argument_group("jobs and their logs"))
    _add_faults(made.add_argument_group("what goes wrong"))
    _add_time(made.add_argument_group("time and chance"))
    return made


def _add_place(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on, loopback only (default %(default)s)")
    group.add_argument("--port", type=int, default=0, help="port; 0 takes a free one (default)")
    group.add_argument("--port-file", type=Path, metavar="FILE", help="write the port here once it listens")
    group.add_argument("--region", default=DEFAULT_REGION, help="region of --preload-models (default %(default)s)")
    group.add_argument("--account", default="123456789012", help="account of all access keys (default %(default)s)")
    group.add_argument("--preload-models", nargs="+", default=[], metavar="NAME", help="models that are there at once")


def _add_jobs(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--phase", nargs="+", default=[], metavar="NAME=SECONDS", help="how long phases of jobs take")
    group.add_argument("--rule", nargs="+", default=[], metavar="JSON", help="what becomes of jobs by name, see below")
    group.add_argument("--quota", nargs="+", default=[], metavar="TYPE=N", help="instances of a type, ml.p3.2xlarge=0")
    group.add_argument("--missing-role", nargs="+", default=[], metavar="GLOB", help="ARNs that cannot be assumed")
    group.add_argument(
        "--last-modified",
        choices=("secondary", "primary"),
        default="secondary",
        help="whether LastModifiedTime moves with each secondary status or only with the status",
    )
    group.add_argument("--log-rate", type=float, metavar="N", help="log lines a second and host")
    group.add_argument("--log-batch", type=float, metavar="SECONDS", help="time between uploads of log lines")
    group.add_argument("--log-delay", type=float, metavar="SECONDS", help="time from upload to being readable")


def _add_faults(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--throttle", nargs="+", default=[], metavar="OPERATION=RATE[:BURST]", help="limit operations, calls a second"
    )
    group.add_argument("--aws-limits", action="store_true", help="throttle as the real services do")
    group.add_argument("--latency-ms", nargs="+", default=[], metavar="[OPERATION=]MS", help="time that calls take")
    group.add_argument("--stale-seconds", type=float, default=0.0, metavar="S", help="Describe and List are so late")
    group.add_argument("--fault", nargs="+", default=[], metavar="JSON", help="faults of single calls, see below")
    group.add_argument(
        "--credentials", nargs="+", default=[], metavar="KEY=STATE", help="access keys: expired, invalid or denied"
    )


def _add_time(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--seed", type=int, default=0, help="seed of all that is drawn (default 0)")
    group.add_argument("--speed", type=float, default=1.0, help="how fast time passes (default 1)")
    group.add_argument(
        "--virtual-time",
        nargs="?",
        const=-1.0,
        type=float,
        metavar="EPOCH",
        help="let the clock stand still, at that time or now, until the control endpoint moves it",
    )


def _pairs(texts: list[str], flag: str) -> dict[str, str]:
    """NAME=VALUE texts as a dict. ValueError if there is no `=`."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ValueError(f"{flag}: expected NAME=VALUE, got {text!r}")
        pairs[name] = value
    return pairs


def build(arguments: argparse.Namespace) -> StandIn:
    """A stand-in by the flags. ValueError for values that make no sense, OSError if the port is taken."""
    if arguments.host != "localhost" and not arguments.host.startswith("127."):
        raise ValueError(f"--host: {arguments.host} is not loopback; the stand-in checks no signatures")
    settings = Settings(seed=arguments.seed)
    settings.phases.update(parse_phases(dict(_pairs(arguments.phase, "--phase"))))
    flags = {"rate": arguments.log_rate, "batch": arguments.log_batch, "delay": arguments.log_delay}
    settings.logs = settings.logs.changed({name: value for name, value in flags.items() if value is not None})
    settings.quotas = {name: int(value) for name, value in _pairs(arguments.quota, "--quota").items()}
    settings.missing_roles = arguments.missing_role
    settings.modified_primary_only = arguments.last_modified == "primary"
    virtual = arguments.virtual_time
    clock = Clock(
        virtual if virtual is not None and virtual >= 0 else None,
        0.0 if virtual is not None else arguments.speed,
    )
    made = StandIn(
        host=arguments.host,
        port=arguments.port,
        account=arguments.account,
        settings=settings,
        clock=clock,
        models=tuple(arguments.preload_models),
        region=arguments.region,
    )
    try:
        _set_up(made, arguments)
    except BaseException:
        made.stop()
        raise
    return made


def _set_up(made: StandIn, arguments: argparse.Namespace) -> None:
    """Put the flags about faults and rules in force, as the control endpoint would."""
    latency = dict(text.split("=", 1) if "=" in text else ("*", text) for text in arguments.latency_ms)
    control_api.handle(
        made.world,
        "POST",
        f"{control_api.PREFIX}faults",
        {
            "aws_limits": arguments.aws_limits,
            "throttle": _pairs(arguments.throttle, "--throttle"),
            "latency_ms": latency,
            "stale": arguments.stale_seconds,
            "credentials": _pairs(arguments.credentials, "--credentials"),
            "add": [json.loads(text) for text in arguments.fault],
        },
    )
    rules = {"add": [json.loads(text) for text in arguments.rule]}
    control_api.handle(made.world, "POST", f"{control_api.PREFIX}rules", rules)


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. The first line on standard output is the URL. Exit code 2 for bad flags."""
    arguments = parser().parse_args(argv)
    try:
        standin = build(arguments)
    except (ValueError, TypeError, AttributeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    with standin:
        if arguments.port_file is not None:
            partial = arguments.port_file.with_suffix(".partial")
            partial.write_text(f"{standin.url.rpartition(':')[2]}\n")
            partial.replace(arguments.port_file)
        print(standin.url, flush=True)
        ended.wait()
    return 0
