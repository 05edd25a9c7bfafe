"""What exists in the stand-in's accounts: jobs, models, endpoints, tags and log groups, per account and region.

Holds and finds; knows neither the wire nor the wording of AWS.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tests.standin.autoscaling_state import Scaling
from tests.standin.endpoint_life import Endpoint
from tests.standin.events import Bus
from tests.standin.lifecycle import TERMINAL, Interrupt, Life, Plan, Step
from tests.standin.logstream import GeneratedStream, PutStream, Source

if TYPE_CHECKING:
    from tests.standin.settings import LogPlan

LifeFunction = Callable[[Plan, tuple[Interrupt, ...]], Life]


@dataclass(slots=True)
class Job:
    """A job of any kind: what was asked for and what becomes of it."""

    kind: str
    name: str
    arn: str
    number: int
    request: dict[str, Any]
    plan: Plan
    life_of: LifeFunction
    logs: LogPlan
    hosts: tuple[str, ...]
    instance_type: str
    interrupts: tuple[Interrupt, ...] = ()
    life: Life = field(init=False)
    on_change: Callable[[float], None] | None = None
    on_turn: Callable[[Any, float], None] | None = None

    def __post_init__(self) -> None:
        self.life = self.life_of(self.plan, ())

    @property
    def created(self) -> float:
        """Seconds since 1970."""
        return self.plan.created

    def interrupt(self, interrupt: Interrupt) -> None:
        """Change what becomes of it from `interrupt.at` on."""
        self.interrupts = (*self.interrupts, interrupt)
        self.life = self.life_of(self.plan, self.interrupts)
        if self.on_change is not None:
            self.on_change(interrupt.at)
        if self.on_turn is not None:
            self.on_turn(self, interrupt.at)

    def at(self, now: float) -> Step:
        """Its state."""
        return self.life.at(now)

    def exists(self, now: float) -> bool:
        """Whether it is created and not yet deleted."""
        return self.created <= now and (self.life.gone_at is None or now < self.life.gone_at)

    def modified_at(self, now: float, primary_only: bool = False) -> float:
        """LastModifiedTime; see `Life.modified_at`."""
        return self.life.modified_at(now, primary_only)


@dataclass(slots=True)
class Model:
    """A model; it exists from its creation until it is deleted."""

    name: str
    arn: str
    number: int
    request: dict[str, Any]
    created: float
    gone_at: float | None = None

    def exists(self, now: float) -> bool:
        """Whether it is created and not yet deleted."""
        return self.created <= now and (self.gone_at is None or now < self.gone_at)


@dataclass(slots=True)
class EndpointConfig(Model):
    """An endpoint configuration; it exists as a model does."""


class Named(Protocol):
    """What a table holds."""

    name: str

    def exists(self, now: float) -> bool:
        """Whether it is there at that time."""


Item = TypeVar("Item", bound=Named)


class Table(Generic[Item]):
    """Resources of one kind by name, in the order of their creation."""

    def __init__(self) -> None:
        self.by_name: dict[str, Item] = {}
        self.ordered: list[Item] = []
        self.names: list[str] = []
        self.on_add: Callable[[Item], None] | None = None
        self._count = 0

    def next_number(self) -> int:
        """The number of the next resource; numbers grow with time of creation."""
        self._count += 1
        return self._count

    def add(self, item: Item) -> None:
        """Keep a resource; one of the same name that is gone gives way."""
        self.remove(item.name)
        self.by_name[item.name] = item
        self.ordered.append(item)
        insort(self.names, item.name)
        if self.on_add is not None:
            self.on_add(item)

    def remove(self, name: str) -> None:
        """Forget a resource, if it is there."""
        old = self.by_name.pop(name, None)
        if old is not None:
            self.ordered.remove(old)
            del self.names[bisect_left(self.names, name)]

    def get(self, name: str, now: float) -> Item | None:
        """A resource as far as it exists at that time. Deleted ones stay findable for readers of the past."""
        item = self.by_name.get(name)
        return item if item is not None and item.exists(now) else None


class LogGroup:
    """A log group: streams put by hand and the streams of jobs."""

    def __init__(self, name: str, streams_of: Callable[[Job], list[GeneratedStream]] | None = None) -> None:
        self.name = name
        self.put_streams: dict[str, PutStream] = {}
        self._streams_of = streams_of
        self._jobs: dict[str, list[Job]] = {}
        self._names: list[str] = []
        self._seen = False

    def add_job(self, job: Job) -> None:
        """Let a job write into this group; its lines outlive it."""
        if job.name not in self._jobs:
            insort(self._names, job.name)
        self._jobs.setdefault(job.name, []).append(job)

    def put_stream(self, name: str, now: int) -> PutStream:
        """The stream of that name for events put by hand, made if need be."""
        return self.put_streams.setdefault(name, PutStream(name, now))

    def exists(self, now: int) -> bool:
        """Whether anything was ever written to it."""
        self._seen = self._seen or bool(self.put_streams) or any(True for _ in self._generated("", now))
        return self._seen

    def sources(self, prefix: str, now: int) -> list[Source]:
        """The sources of all existing streams whose name begins with the prefix."""
        put = [stream for name, stream in self.put_streams.items() if name.startswith(prefix)]
        return [*put, *self._generated(prefix, now)]

    def stream_sources(self, name: str, now: int) -> list[Source]:
        """The sources of one stream; empty if there is no such stream."""
        return [source for source in self.sources(name, now) if source.name == name]

    def _generated(self, prefix: str, now: int) -> Iterator[GeneratedStream]:
        if self._streams_of is None:
            return
        for job in self._jobs_for(prefix):
            for stream in self._streams_of(job):
                if stream.name.startswith(prefix) and stream.exists(now):
                    yield stream

    def _jobs_for(self, prefix: str) -> Iterator[Job]:
        """Jobs that may have streams with that prefix: one of an exact name, or all whose name begins so."""
        name, slash, _ = prefix.partition("/")
        if slash:
            yield from self._jobs.get(name, ())
            return
        for place in range(bisect_left(self._names, name), len(self._names)):
            if not self._names[place].startswith(name):
                return
            yield from self._jobs[self._names[place]]


class Growing(Protocol):
    """Something that makes resources as time passes, such as a tuning job."""

    def next_event(self) -> float:
        """When it next has something to do; infinity if it hasn't."""

    def step(self) -> None:
        """Do what is due at `next_event`, as of that moment."""


class Agenda:
    """What is due when in a region, done in order of time when somebody looks. Nothing due costs one comparison."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Growing]] = []
        self._count = 0

    def note(self, growing: Growing) -> None:
        """Have it done when it is due; to be called whenever that may have changed. Outdated notes do no harm."""
        at = growing.next_event()
        if at < float("inf"):
            self._count += 1
            heapq.heappush(self._heap, (at, self._count, growing))

    def advance(self, now: float) -> None:
        """Do all that is due up to a moment."""
        while self._heap and self._heap[0][0] <= now:
            at, _, growing = heapq.heappop(self._heap)
            if growing.next_event() == at:
                growing.step()
                self.note(growing)


@dataclass(slots=True)
class Region:
    """Everything of one account in one region."""

    account: str
    name: str
    training: Table[Job] = field(default_factory=Table)
    transform: Table[Job] = field(default_factory=Table)
    processing: Table[Job] = field(default_factory=Table)
    tuning: Table[Job] = field(default_factory=Table)
    agenda: Agenda = field(default_factory=Agenda)
    bus: Bus = field(default_factory=Bus)
    models: Table[Model] = field(default_factory=Table)
    endpoint_configs: Table[EndpointConfig] = field(default_factory=Table)
    endpoints: Table[Endpoint] = field(default_factory=Table)
    scaling: Scaling = field(default_factory=Scaling)
    in_use_deleted: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    tags_until: dict[str, float] = field(default_factory=dict)
    groups: dict[str, LogGroup] = field(default_factory=dict)

    def set_tags(self, arn: str, tags: dict[str, str]) -> None:
        """The tags of a new resource."""
        self.tags[arn] = tags
        self.tags_until.pop(arn, None)

    def drop_tags(self, arn: str, at: float) -> None:
        """Let the tags of a resource end with it."""
        self.tags_until[arn] = at

    def group(self, name: str) -> LogGroup:
        """A log group, made if need be (it exists for readers from its first event on)."""
        return self.groups.setdefault(name, LogGroup(name))

    def jobs(self) -> Iterator[Job]:
        """All jobs of all kinds."""
        yield from self.training.ordered
        yield from self.transform.ordered
        yield from self.processing.ordered
        yield from self.tuning.ordered

    def running_job(self, name: str, now: float, kind: str = "*") -> Job | None:
        """The job of that name and kind (`*`: any) that is not at its end; None if there is none."""
        tables = (self.training, self.transform, self.processing, self.tuning)
        found = [job for table in tables if (job := table.get(name, now)) is not None and kind in ("*", job.kind)]
        return next((job for job in found if job.at(now).status not in TERMINAL), None)
