"""Plays one history: acts, faults and crashes, then calm, until all is at rest, and then a while longer."""

from __future__ import annotations

import contextlib
import logging
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from smkube import kinds
from tests.standin.clock import Clock
from tests.standin.endpoint_life import EndpointFailure
from tests.standin.lifecycle import PHASES, Failure
from tests.standin.settings import DEFAULT_PHASES, JobRule, LogPlan, Settings
from tests.unit.histories import adoption
from tests.unit.histories.acts import User
from tests.unit.histories.aws import Account
from tests.unit.histories.chance import Chance, Crash
from tests.unit.histories.front import TROUBLES
from tests.unit.histories.invariants import AtRest, is_retried, worthwhile_writes
from tests.unit.histories.process import Process
from tests.unit.histories.specs import BAD_ROLE, FOREIGN
from tests.unit.histories.watch import Mishaps, Watch
from tests.unit.histories.world import Cluster

START = 1_795_500_000.0
QUIET = 3600.0
"""Seconds without a write that count as rest."""
PATIENCE = 6 * 3600.0
"""Seconds after the last fault by which everything must have come to rest."""
ROUNDS = 20
"""Rounds of 50 passes that the work of one moment takes at most."""
STALE = 8.0
"""Seconds by which a read at AWS is late at most; well below the consistency window."""


_CONNECTED = (
    (kinds.HOSTING_DEPLOYMENT,),
    (kinds.HOSTING_DEPLOYMENT, kinds.AUTOSCALING_POLICY),
    (kinds.MODEL, kinds.BATCH_TRANSFORM_JOB),
    (kinds.TUNING_JOB,),
)
"""Kinds whose objects have to do with one another, or with objects that the operator makes for them."""


@dataclass
class Figures:
    """What was tried, added up over histories."""

    histories: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, other: Figures) -> None:
        """Add those of another part of the run."""
        self.histories += other.histories
        self.counts.update(other.counts)
        self.acts.update(other.acts)
        self.calls.update(other.calls)


def play_all(seeds: Iterable[int], taking_part: Sequence[kinds.Kind] = kinds.ALL) -> tuple[Figures, list[str]]:
    """Play histories; returns what was tried and what went wrong, with the command that plays each again."""
    figures, failures = Figures(), []
    for seed in seeds:
        history = History(seed, taking_part)
        with _mishaps() as mishaps:
            try:
                history.play()
            except AssertionError as error:
                failures.append(str(error))
        failures += [f"{history.where}: {text}" for text in mishaps.seen]
        figures.add(history.figures())
    return figures, failures


@contextlib.contextmanager
def _mishaps() -> Iterator[Mishaps]:
    """Thousands of faults would be thousands of warnings; errors are what no pass may end with."""
    log, handler = logging.getLogger("sagemaker_operator"), Mishaps()
    level = log.level
    log.setLevel(logging.ERROR)
    log.addHandler(handler)
    try:
        yield handler
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


class History:
    """One history, decided by its seed and by the kinds that take part."""

    def __init__(self, seed: int, taking_part: Sequence[kinds.Kind]) -> None:
        self.rng = random.Random(seed)
        self.where = f"SEED={seed} .venv/bin/python -m pytest tests/unit/histories"
        self.kinds = tuple(taking_part)
        self.clock = Clock(START, 0.0)
        self.chance = Chance(self.rng)
        self.account = Account(self.clock, self.chance, _settings(self.rng))
        self.cluster = Cluster(self.rng, self.clock.now, admits=self.rng.random() < 0.5)
        self.user = User(self.cluster, self.account, self.rng, tuple(kind.name for kind in self._chosen()))
        self.watch = Watch(self.cluster, self.account, self.user.removed)
        self.collects = self.rng.random() < 0.5
        self.passes = 0
        self.skew = 0.0
        """Seconds by which the operator's clock is ahead of AWS's."""
        self.former: Process | None = None
        """A process that has lost the lead and does not know it yet."""

    def _chosen(self) -> tuple[kinds.Kind, ...]:
        """Many histories are about few kinds, so that more happens to each object; some about those that connect."""
        about = self.rng.choice([*_CONNECTED, (), (), self.kinds])
        found = tuple(kind for kind in about if kind in self.kinds)
        count = min(self.rng.choice([1, 2, 3]), len(self.kinds))
        return found or tuple(self.rng.sample(self.kinds, count))

    def play(self) -> None:
        """Play it, and check what must hold during it and at its end.

        Raises:
            AssertionError: something does not; the text names the seed.
        """
        adoption.furnish(self.account)
        adopted = adoption.leave_behind(self.user)
        # Between the end of the original and our start lies more time than any read is late.
        self.clock.advance(15.0)
        self.watch.begin()
        self._start()
        if self.rng.random() < 0.5:
            self._prepare()
        self._turbulent()
        self.chance.calm()
        self.former = None
        self.process.front.come_back()
        self.user.settle(heal=self.rng.random() < 0.5)
        self._come_to_rest()
        left = self.cluster.collect_garbage()
        if left:
            # A cluster's own last resort, for a child that was made while its parent went.
            self.chance.counts["left to the garbage collector"] += left
            self._come_to_rest()
        wrong = AtRest(self.watch, adopted).wrong()
        assert not wrong, f"{self.where}: {'; '.join(wrong)}"
        self.chance.between = lambda: None

    def figures(self) -> Figures:
        """What this history tried."""
        counts = Counter(self.chance.counts)
        counts.update(passes=self.passes + self.process.passes, acts=self.user.acts.total())
        counts.update({"AWS calls": self.account.calls.total(), "effects at AWS": len(self.account.effects)})
        counts.update({"virtual hours": int((self.clock.now() - START) / 3600), "writes": self.cluster.writes})
        return Figures(1, counts, Counter(self.user.acts), Counter(self.account.calls))

    # --- parts of a history ----------------------------------------------------------------------------------------

    def _start(self) -> None:
        page = self.rng.choice([1, 3, 500])
        self.process = Process(self.cluster, self.account, self.chance, self.kinds, skew=self.skew, page=page)
        self.chance.between = self._between

    def _prepare(self) -> None:
        """Nothing goes wrong at first, so that there is something in service when the trouble begins."""
        self.user.begin()
        for _ in range(12):
            self.clock.advance(15.0)
            self._work()

    def _turbulent(self) -> None:
        rng, chance = self.rng, self.chance
        chance.faults, chance.crashes = rng.choice([0.0, 0.05, 0.3]), rng.choice([0.0, 0.01, 0.06])
        chance.overtakes, chance.stale = rng.choice([0.0, 0.1, 0.4]), rng.choice([0.0, STALE])
        troubled = rng.choice([0.0, 0.05, 0.2])
        for _ in range(rng.randint(5, 60)):
            self.user.act()
            if rng.random() < troubled:
                self._trouble()
            self._step()
            if self.former is not None:
                self._former_works()

    def _trouble(self) -> None:
        """Something happens to what the process stands on."""
        rng, front, counts = self.rng, self.process.front, self.chance.counts
        match rng.randint(0, 4):
            case 0:
                counts["API servers away"] += 1
                front.go_away(rng.choice([2.0, 30.0, 300.0]), rng.choice([("refused",), tuple(TROUBLES), ("busy",)]))
            case 1:
                counts["histories compacted"] += 1
                self.cluster.compact()
                front.broken = set(self.cluster.events)
            case 2:
                counts["watches silent"] += 1
                kind = rng.choice(self.kinds).name
                front.silent_until[kind] = self.clock.now() + rng.choice([10.0, 120.0])
            case 3:
                counts["clocks set"] += 1
                self.skew = self.process.skew = rng.choice([0.0, -240.0, 240.0, rng.uniform(-290, 290)])
            case _:
                counts["second leaders"] += 1
                # It is frozen, and does not know yet that another has taken its place.
                self.former = self.process
                self._start()

    def _former_works(self) -> None:
        """A process that has lost the lead goes on where it was, until it notices."""
        former = self.former
        assert former is not None
        try:
            former.run(self.rng.choice([0, 1, 3]))
        except Crash:
            self.former = None
        if self.rng.random() < 0.5:
            former.leads = False
            self.former = None

    def _step(self) -> None:
        """The process works for a moment; it may die and be started again."""
        try:
            self.process.deliver(self.rng.choice([0, 1, 1000]))
            if self.rng.random() < 0.5:
                self.process.feeds.poll(self.rng)
            self.process.run(self.rng.choice([1, 5, 20]))
            if self.collects and self.rng.random() < 0.3:
                self.cluster.collect_garbage()
        except Crash:
            self.passes += self.process.passes
            self._start()

    def _between(self) -> None:
        """Something else happens while a call is under way."""
        match self.rng.randint(0, 3):
            case 0:
                self.user.act()
            case 1:
                self.process.deliver_some()
            case 2:
                self.process.run(1)
            case _:
                self.clock.advance(self.rng.choice([0.1, 1.0, 10.0]))

    def _come_to_rest(self) -> None:
        """Time goes on and nothing goes wrong, until nothing is written for a while."""
        began = quiet_since = self.clock.now()
        written, described = self._written(), 0
        while self.clock.now() - quiet_since < QUIET:
            if self.clock.now() - began > PATIENCE:
                text = f"{self.where}: no rest; last {self.cluster.last_write}; {self.account.last_call}"
                raise AssertionError(text)
            still = self.clock.now() - quiet_since > 120
            self.clock.advance(self.rng.choice([60.0, 400.0] if still else [1.0, 5.0, 15.0]))
            self._work()
            if self._written() != written:
                written, quiet_since = self._written(), self.clock.now()
            if self.clock.now() - quiet_since < QUIET / 2:
                described = self.account.described()
        if self.account.described() > described and not any(map(is_retried, self.cluster.objects.values())):
            self.watch.broken.append(f"asks at rest: {self.account.last_call}")

    def _work(self) -> None:
        """All threads do what they have to do."""
        self.process.deliver(1000)
        self.process.feeds.poll(self.rng)
        for _ in range(ROUNDS):
            if not self.process.run(50):
                break
            self.process.deliver(1000)
        else:
            raise AssertionError(f"{self.where}: works without end; last {self.cluster.last_write[:300]}")
        if self.collects:
            self.cluster.collect_garbage()

    def _written(self) -> tuple[int, int]:
        """What must stand still at rest."""
        return len(self.account.effects), worthwhile_writes(self.cluster)


def _settings(rng: random.Random) -> Settings:
    phases = dict.fromkeys((*DEFAULT_PHASES, *PHASES), (0.5, 20.0))
    phases.update(dict.fromkeys(("training", "transforming", "processing"), (5.0, 300.0)))
    phases.update(dict.fromkeys(("creating", "updating"), (5.0, 120.0)))
    rules = [
        JobRule(FOREIGN, phases={"training": (1e8, 1e8)}),
        JobRule(rng.choice(["*a-*", "*1-*", "nothing"]), failure=Failure("AlgorithmError: it broke")),
    ]
    if rng.random() < 0.2:
        rules.append(JobRule("ep?", "endpoint", endpoint_failure=EndpointFailure("It broke.", count=1)))
    return Settings(
        seed=rng.randint(0, 1_000_000),
        phases=phases,
        rules=rules,
        missing_roles=[BAD_ROLE],
        logs=LogPlan(rate=0.0),
        modified_primary_only=rng.random() < 0.3,
    )
