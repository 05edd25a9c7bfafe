"""`python -m tests.bench.scale`: what the operator costs with 200 to 10,000 TrainingJobs, held against its bounds.

For each size a cluster, an AWS stand-in and an operator are started and stopped again: all jobs applied at once, a
rest, steady changes, a restart, the leader's death; then a burst with AWS's real limits. Ends with 1 when a bound of
bounds.toml is missed, and names it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.scale import bounds, capacity, ending, limits, machine, phases, plot, pushing, report, sharding
from tests.bench.scale.figures import Figures
from tests.bench.scale.options import APART, FULL, FULL_BURST, PHASES, SHORT, SHORT_BURST, SHORT_TIMES, Options
from tests.bench.scale.world import World
from tests.cluster.errors import ApiError, ClusterError
from tests.stack.errors import StackError
from tests.standin.control import ControlError

TROUBLE = (StackError, ClusterError, ApiError, ControlError, OSError)
"""What may go wrong in a measurement without ending the others; a TimeoutError is an OSError."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns 0 if all bounds hold, 1 if one does not or a measurement went wrong, 130 if interrupted."""
    given = _parser().parse_args(arguments)
    options = _options(given)
    # A stopping signal takes the same way out as Ctrl-C, so that everything started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        document = _measure(options)
    except KeyboardInterrupt:
        return 130
    claims = bounds.read(given.bounds)
    verdicts = bounds.check(claims, document["results"])
    if given.write is not None:
        _write(given.write, document, claims, verdicts)
    print("\n".join(str(verdict) for verdict in verdicts))
    troubled = any(
        "problem" in figures for result in document["results"] for figures in result.values() if _is(figures)
    )
    return 0 if verdicts and all(verdict.holds for verdict in verdicts) and not troubled else 1


def _measure(options: Options) -> dict[str, Any]:
    found = machine.describe()
    sizes = options.sizes if options.does("start") else ()
    able = capacity.measure(max(sizes, default=options.burst))
    print(f"{found}\nthe stand-in by itself: {report.cell(able)}\n", flush=True)
    results = [_of_size(size, options, able) for size in sizes]
    if options.does("limits"):
        results.append(_of_burst(options))
    if options.does("shards"):
        results += _of_shards(options)
    return {
        "machine": found,
        "latency_ms": options.latency * 1000,
        "lead_s": options.lead,
        "scrape_s": options.scrape,
        "standin": able,
        "results": results,
    }


def _of_size(size: int, options: Options, able: Figures) -> dict[str, Any]:
    """All phases but the last, at one size; a phase that goes wrong ends them."""
    result: dict[str, Any] = {"size": size, "load_before": os.getloadavg()[0]}
    steps: dict[str, Callable[[World], Figures]] = {
        "start": lambda world: phases.start(world, size, able),
        "rest": lambda world: phases.rest(world, size, options),
        "changes": lambda world: phases.changes(world, size, options),
        "push": lambda world: pushing.push(world, size, options),
        "restart": lambda world: ending.restart(world, size),
        "failover": lambda world: ending.failover(world, size),
    }
    wanted = [phase for phase in steps if options.does(phase)]
    _run(result, wanted, steps, options)
    result["load_after"] = os.getloadavg()[0]
    return result


def _of_burst(options: Options) -> dict[str, Any]:
    result: dict[str, Any] = {"size": options.burst}
    _run(result, ["limits"], {"limits": lambda world: limits.burst(world, options)}, options, "--aws-limits")
    return result


def _of_shards(options: Options) -> list[dict[str, Any]]:
    """Two operators over two namespaces: with the second largest number of objects, and with AWS's limits."""
    size = sorted(options.sizes)[-2:][0]
    calm: dict[str, Any] = {"size": size}
    jobs = min(options.burst, sharding.MOST)
    burst: dict[str, Any] = {"size": jobs}
    _run(calm, ["shards"], {"shards": lambda world: sharding.together(world, size, options)}, options)
    steps = {"shards_limits": lambda world: sharding.burst(world, jobs, options)}
    _run(burst, ["shards_limits"], steps, options, "--aws-limits")
    return [calm, burst]


def _run(
    result: dict[str, Any],
    wanted: Sequence[str],
    steps: dict[str, Callable[[World], Figures]],
    options: Options,
    *standin: str,
) -> None:
    """Make the measurements in one world and print what they find."""
    phase = wanted[0]
    try:
        with _folder(options, f"{phase}-{result['size']}") as folder, World(folder, options, *standin) as world:
            for phase in wanted:
                result[phase] = steps[phase](world)
                print(report.text([{"size": result["size"], phase: result[phase]}]), flush=True)
    except TROUBLE as error:
        result[phase] = {"problem": f"{type(error).__name__}: {error}"}
        print(f"{phase} with {result['size']:,}: {result[phase]['problem']}", flush=True)


@contextmanager
def _folder(options: Options, name: str) -> Iterator[Path]:
    if options.keep is not None:
        yield options.keep / name
        return
    with tempfile.TemporaryDirectory(prefix="smlogs-scale-") as folder:
        yield Path(folder)


def _write(
    path: Path, document: dict[str, Any], claims: Sequence[bounds.Bound], verdicts: Sequence[bounds.Verdict]
) -> None:
    """The page, its picture and the results, side by side."""
    picture = path.with_suffix(".svg")
    picture.write_text(plot.draw(document["results"], claims), encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    path.write_text(report.page(document, verdicts, picture.name), encoding="utf-8")


def _is(figures: Any) -> bool:
    return isinstance(figures, dict)


def _options(given: argparse.Namespace) -> Options:
    usual = Options()
    seconds = {
        name: getattr(given, name) or (getattr(usual, name) if given.full else short)
        for name, short in SHORT_TIMES.items()
    }
    return Options(
        sizes=tuple(given.sizes or (FULL if given.full else SHORT)),
        phases=tuple(phase for phase in PHASES if phase in given.phases),
        latency=given.latency_ms / 1000,
        lead=seconds["lead"],
        rest=given.rest,
        changing=seconds["changing"],
        rate=given.rate,
        pushing=seconds["pushing"],
        burst=given.burst or (FULL_BURST if given.full else SHORT_BURST),
        burst_seconds=given.burst_seconds,
        workers=given.workers,
        scrape=given.scrape,
        keep=given.keep,
    )


def _parser() -> argparse.ArgumentParser:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    add = parser.add_argument
    add("--full", action="store_true", help=f"all sizes {FULL} and a burst of {FULL_BURST:,}; hours")
    add("--sizes", type=_numbers, metavar="N,...", help=f"numbers of TrainingJobs (default {SHORT})")
    add("--phases", type=_phases, default=PHASES, metavar="NAME,...", help=f"of {', '.join(PHASES)} (default all)")
    add("--rest", type=float, default=usual.rest, help="seconds that a rest is measured (default %(default)s)")
    add("--changing", type=float, help=_seconds("of steady changes", "changing"))
    add("--rate", type=float, default=usual.rate, help="changes a second (default %(default)s)")
    add("--pushing", type=float, help=_seconds("of changes with push", "pushing"))
    add("--lead", type=float, help=_seconds("of each phase before Training", "lead"))
    add("--latency-ms", type=float, default=usual.latency * 1000, help="of each AWS call (default %(default)s)")
    add("--burst", type=int, help=f"objects of the burst with AWS's limits (default {SHORT_BURST})")
    add("--burst-seconds", type=float, default=0.0, help="how long it is followed (default: to its end)")
    add("--workers", type=int, default=usual.workers, help="the operator's --workers (default %(default)s)")
    add("--scrape", type=float, default=usual.scrape, help="seconds between scrapes at rest (default %(default)s)")
    add("--bounds", type=Path, default=bounds.FILE, metavar="FILE", help="the range file (default bounds.toml)")
    add("--write", type=Path, metavar="FILE.md", help="write a page there, and beside it .json and .svg")
    add("--keep", type=Path, metavar="FOLDER", help="leave the logs there")
    return parser


def _seconds(what: str, name: str) -> str:
    return f"seconds {what} (default {SHORT_TIMES[name]:g}, with --full {getattr(Options(), name):g})"


def _numbers(text: str) -> list[int]:
    found = [int(part) for part in text.split(",")]
    if min(found) < 50:
        raise argparse.ArgumentTypeError("fewer than 50 objects are not enough for all measurements")
    return found


def _phases(text: str) -> list[str]:
    found = text.split(",")
    unknown = sorted(set(found) - set(PHASES))
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(PHASES)}")
    if not set(found) <= APART and "start" not in found:
        raise argparse.ArgumentTypeError("without start there are no objects to measure")
    return found


if __name__ == "__main__":
    sys.exit(main())
