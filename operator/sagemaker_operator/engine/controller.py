"""The one loop: for each object that needs it, gather facts, ask `decide`, carry the step out, ask again.

All kinds share it. Reads come from the cache; every write to Kubernetes carries the resourceVersion it was decided
on, so that a decision made on an old object fails with a conflict instead of doing harm.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_operator import (
    facts,
    families,
    freshness,
    marks,
    quotas,
    reasons,
    secrecy,
    statusparts,
    steps,
    targets,
)
from sagemaker_operator.engine.backoff import Backoff
from sagemaker_operator.engine.cloud import SAGEMAKER, Busy, Cloud, refusal
from sagemaker_operator.engine.complaints import Complaints
from sagemaker_operator.engine.decisions import Decisions
from sagemaker_operator.engine.memory import Memory, Pass, user_change, users_part
from sagemaker_operator.engine.neighbours import Neighbours
from sagemaker_operator.engine.workqueue import Lane, WorkQueue
from sagemaker_operator.lines import Flow
from sagemaker_operator.mapping import request
from smkube import kinds
from smkube.aws import errors
from smkube.errors import AwsError, KubeError
from smkube.kube import envelope
from smkube.kube.client import MERGE_PATCH

if TYPE_CHECKING:
    from sagemaker_operator.engine.cache import Objects
    from sagemaker_operator.engine.events import Recorder
    from sagemaker_operator.engine.feed import Feeds
    from smkube.kube.client import Client

log = logging.getLogger(__name__)

MOST_STEPS = 200
"""Steps of one pass; more would mean that decision and execution do not agree."""
LONG_PATIENCE = 5.0
"""Seconds that a pass waits in line which has asked something already."""
CONFLICT_PAUSE = 0.2
"""Seconds before an object is looked at again whose cached form turned out to be old."""
OUTAGE_BASE = 1.0
"""Seconds before an object is looked at again whose write the API server could not answer."""
OUTAGE_CAP = 10.0
"""Greatest delay, in seconds, while the API server is away."""


class Controller:
    """Reconciles the objects of one kind.

    Args:
        kind: the kind.
        client: requests to the API server.
        cloud: calls to AWS.
        feeds: the change feed.
        caches: the caches of all kinds, by kind.
        queue: keys waiting for a pass.
        recorder: Kubernetes Events.
        cluster: name of the cluster for the marks on jobs; may be empty.
        consistency_window: see `facts.Facts`.
        spawn_limit: see `facts.Facts`.
        on_result: told how each pass ended (metrics): result word and seconds.
        on_write: told of each own write: the object before and after; its watch event is no news any more.
        on_release: told of each object that is let go whose job was just described: the object and the description.
        on_shown: told of each change at AWS that a status now shows: the job and when AWS says that it changed.
        stop: set when the process is to end.
    """

    def __init__(  # noqa: PLR0913 - the edges of the loop, each handed in so that tests can hold it
        self,
        kind: kinds.Kind,
        *,
        client: Client,
        cloud: Cloud,
        feeds: Feeds,
        caches: Mapping[str, Objects],
        queue: WorkQueue[str],
        recorder: Recorder,
        cluster: str,
        consistency_window: float,
        on_result: Callable[[str, str, float], None],
        stop: threading.Event,
        on_write: Callable[[envelope.Object, envelope.Object], None] = lambda _old, _new: None,
        on_release: Callable[[envelope.Object, Mapping[str, Any]], None] = lambda _obj, _description: None,
        on_shown: Callable[[facts.Target, float], None] = lambda _job, _modified: None,
        spawn_limit: int = 100,
        allowed: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.kind = kind
        self.queue = queue
        self.cache = caches[kind.name]
        self._caches = caches
        self._client = client
        self._cloud = cloud
        self._feeds = feeds
        self._recorder = recorder
        self._cluster = cluster
        self._window = consistency_window
        self._spawn_limit = spawn_limit
        self._on_result = on_result
        self._on_write = on_write
        self._on_release = on_release
        self._on_shown = on_shown
        self._stop = stop
        self._allowed = allowed
        self._clock = clock
        self._now = now
        self._memories: dict[str, Memory] = {}
        self._lock = threading.Lock()
        self._rng = random.Random()
        self._complaints = Complaints(log, clock)
        self._decisions = Decisions(kind)
        self._waiting_out: set[str] = set()
        """Keys whose last write the API server could not answer."""

    # --- what wakes an object --------------------------------------------------------------------------------

    def on_change(self, old: envelope.Object | None, new: envelope.Object | None) -> None:
        """The cache changed: queue what a user did, pass over what is only our own status write."""
        if new is None:
            if old is not None:
                self._forget(old)
            return
        meta = new.metadata
        if old is None or old.metadata.uid != meta.uid:
            self.queue.add(new.key, Lane.NORMAL)
        elif user_change(old.metadata, meta):
            self.queue.add(new.key, Lane.URGENT)

    def on_news(self, key: str, look: bool) -> None:
        """The change feed saw the object's job move, or wants it described."""
        if look:
            with self._lock:
                memory = self._memories.get(key)
                if memory is not None:
                    memory.look = True
        self.queue.add(key, Lane.NORMAL)

    def wake(self, key: str) -> None:
        """Something that the object may be waiting for has changed."""
        with self._lock:
            memory = self._memories.get(key)
            if memory is not None:
                memory.not_before = float("-inf")
                memory.wakes += 1
        self.queue.add(key, Lane.NORMAL)

    def wake_waiting(self, namespace: str) -> None:
        """Something became ready on which objects of the namespace may depend."""
        keys = []
        with self._lock:
            for key, memory in self._memories.items():
                if key.startswith(f"{namespace}/"):
                    # Also one whose pass is under way and does not know yet that it is going to wait.
                    memory.wakes += 1
                    keys.extend([key] if memory.reason == reasons.DEPENDENCY_NOT_READY else [])
        for key in keys:
            self.wake(key)

    def waiting_for_quota(self) -> list[quotas.Waiting]:
        """Who waits since AWS refused a Create for want of a quota."""
        with self._lock:
            keys = [key for key, memory in self._memories.items() if memory.reason == reasons.QUOTA_EXCEEDED]
        found = []
        for obj in filter(None, map(self.cache.get, keys)):
            spec, since = obj.spec_dict(), obj.metadata.creation_timestamp
            needs = tuple(quotas.needs(self.kind, spec).items())
            found.append(quotas.Waiting(since, self.kind.name, obj.key, str(spec.get("region", "")), needs))
        return found

    # --- the loop --------------------------------------------------------------------------------------------

    def work(self, beat: Callable[[], None]) -> None:
        """A worker: take keys until the queue is shut down.

        Args:
            beat: called at least every few seconds while the worker is well.
        """
        while True:
            beat()
            key = self.queue.get(timeout=10.0)
            if key is None:
                if self._stop.is_set():
                    return
                continue
            try:
                self.reconcile(key)
            finally:
                self.queue.done(key)

    def reconcile(self, key: str) -> None:
        """One pass over an object; every way it can end leaves the object queued, or needs no further pass."""
        obj = self.cache.get(key)
        if obj is None or not self._allowed():
            return
        began, result = self._clock(), "error"
        try:
            result = self._pass(key, obj)
        except KubeError as error:
            result = self._kube_trouble(obj, error)
        except Exception as error:  # noqa: BLE001 - it is told with its trace
            # One object must never take the process down, as it did in the original; the next pass may succeed.
            self._decisions.broke(obj, error)
            self.queue.add_rate_limited(key)
        finally:
            self._on_result(self.kind.singular, result, self._clock() - began)

    def _pass(self, key: str, obj: envelope.Object) -> str:
        memory = self._memory(key, obj)
        wait = memory.not_before - self._clock()
        if wait > 0 and memory.told == users_part(obj.metadata):
            # Woken by the event of an own write, by a relist or by the feed: no reason to ask AWS before its time.
            self.queue.add_after(key, wait)
            return "requeue_after"
        neighbours = Neighbours(self._client, self._caches, obj.metadata.namespace)
        wakes = memory.wakes
        run = Pass(key, obj, self._facts(obj, memory), memory, neighbours, wakes)
        memory.look, memory.look_at = False, float("inf")
        try:
            return self._steps(run)
        except Busy as busy:
            memory.look = memory.look or run.facts.look
            self.queue.add_after(key, busy.after)
            return "requeue_after"
        except Exception:
            memory.look = memory.look or run.facts.look
            raise

    def _steps(self, run: Pass) -> str:
        for _ in range(MOST_STEPS):
            step = families.next_step(run.facts)
            self._decisions.made(run, step)
            if isinstance(step, steps.Done):
                return self._finish(run, step)
            goes_on = self._carry_out(run, step)
            self._decisions.carried_out(run, step)
            if not goes_on:
                return "success"
        raise RuntimeError(f"The decision for {self.kind.name} {run.key} does not come to an end: {step}")

    def _carry_out(self, run: Pass, step: steps.Step) -> bool:
        """Do one step; returns whether the pass goes on."""
        match step:
            case steps.Claim():
                self._claim(run, step)
            case steps.WriteStatus():
                self._write_status(run, step)
            case steps.Release():
                self._release(run)
                return False
            case steps.DeleteSelf():
                self._delete_self(run)
                return False
            case steps.Find() | steps.CreateObject() | steps.PatchObject() | steps.DeleteObject():
                self._neighbour(run, step)
            case _:
                self._call_aws(run, step)
        return True

    def _call_aws(self, run: Pass, step: steps.Step) -> None:
        match step:
            case steps.Describe():
                self._describe(run, step.target)
            case steps.CheckOwner():
                self._check_owner(run, step)
            case steps.Create():
                self._create(run, step)
            case steps.Stop():
                self._stop_job(run, step.target)
            case steps.Ask():
                self._ask(run, step)

    def _neighbour(
        self, run: Pass, step: steps.Find | steps.CreateObject | steps.PatchObject | steps.DeleteObject
    ) -> None:
        """Look for other objects, or write one; what was found of its kind is out of date then."""
        match step:
            case steps.Find():
                found = run.neighbours.find(step)
                run.found_kinds[step.key] = step.kind
                run.facts = replace(run.facts, related={**run.facts.related, step.key: found})
                return
            case steps.CreateObject():
                kind = step.kind
                if not self._create_object(run, step):
                    return
            case steps.PatchObject():
                run.neighbours.patch(step)
                kind = step.related.kind
            case steps.DeleteObject():
                run.neighbours.delete(step)
                kind = step.related.kind
        kept = {key: found for key, found in run.facts.related.items() if run.found_kinds[key] != kind}
        run.facts = replace(run.facts, related=kept, written=run.facts.written + 1)

    def _create_object(self, run: Pass, step: steps.CreateObject) -> bool:
        """Create another object; returns whether it was created."""
        try:
            run.neighbours.create(step)
        except KubeError as error:
            if not step.tolerant or error.status not in (400, 403, 422):
                raise
            name = str(step.metadata["name"])
            self._decisions.not_created(run, step, error)
            refused = {**run.facts.refused_objects, name: str(error)}
            run.facts = replace(run.facts, refused_objects=refused)
            return False
        return True

    def _finish(self, run: Pass, step: steps.Done) -> str:
        self._follow(run)
        if step.retry is not None:
            run.memory.look = run.memory.look or step.look
            delay = self._retry_delay(run.memory, step.retry)
            with self._lock:
                # What is waited for may have come about since this pass looked.
                woken = step.retry == reasons.DEPENDENCY_NOT_READY and run.memory.wakes != run.wakes
                run.memory.not_before = float("-inf") if woken else self._clock() + delay
            run.memory.told = users_part(run.obj.metadata)
            self.queue.add_after(run.key, 0.0 if woken else delay)
            self._decisions.postponed(run, step.retry, 0.0 if woken else delay)
            return "requeue"
        run.memory.attempts, run.memory.reason, run.memory.not_before = 0, "", float("-inf")
        self.queue.forget(run.key)
        if step.after is None:
            return "success"
        if step.look:
            # Only then: what the change feed tells until then may make a Describe needless.
            run.memory.look_at = self._clock() + step.after
        self.queue.add_after(run.key, step.after)
        return "requeue_after"

    # --- facts -----------------------------------------------------------------------------------------------

    def _memory(self, key: str, obj: envelope.Object) -> Memory:
        with self._lock:
            memory = self._memories.get(key)
            if memory is None or memory.uid != obj.metadata.uid:
                memory = self._memories[key] = Memory(obj.metadata.uid, obj.metadata.generation)
                state = facts.notes(obj.status_dict())
                if facts.noted_job(state):
                    # An earlier process may have sent the Create up to the moment it ended, by whatever clock.
                    memory.attempted, memory.clean = self._clock(), bool(state.get("createConfirmed"))
            elif memory.generation != obj.metadata.generation:
                memory.generation = obj.metadata.generation
                memory.attempts, memory.reason, memory.places = 0, "", {}
            return memory

    def _facts(self, obj: envelope.Object, memory: Memory) -> facts.Facts:
        meta = obj.metadata
        bare = facts.Facts(
            kind=self.kind,
            namespace=meta.namespace,
            name=meta.name,
            uid=meta.uid,
            generation=meta.generation,
            deleting=bool(meta.deletion_timestamp),
            finalizers=meta.finalizers,
            spec=obj.spec_dict(),
            status=obj.status_dict(),
            now=self._now(),
            annotations=meta.annotations,
            labels=meta.labels,
            owner_kind=meta.controller.kind if meta.controller else "",
            owner_name=meta.controller.name if meta.controller else "",
            owner_uid=meta.controller.uid if meta.controller else "",
            cluster=self._cluster,
            spawn_limit=self._spawn_limit,
            look=memory.look or self._clock() >= memory.look_at,
            attempted=self._attempted(memory),
            clean=memory.clean,
            seen_modified=memory.seen_modified,
            consistency_window=self._window,
        )
        job = bare.intent
        if job is None:
            return bare
        view = self._feeds.view(self.kind, job)
        seen = replace(bare, listed=view.summary, missing=view.missing)
        made, generation = memory.created or (None, 0)
        return replace(seen, created=True, created_from=generation) if made == job and not bare.confirmed else seen

    def _attempted(self, memory: Memory) -> datetime | None:
        """When that was by the time of day as it is now: a clock that was set in between makes nothing old or young."""
        if memory.attempted is None:
            return None
        return self._now() - timedelta(seconds=self._clock() - memory.attempted)

    def _follow(self, run: Pass) -> None:
        """Have the change feed watch what the object stands for, as long as it can change."""
        job = families.followed(run.facts)
        noted = run.facts.intent
        if noted is not None and noted != job:
            self._feeds.untrack(self.kind, noted)
        if job is None:
            return
        status = run.facts.status
        begun = (facts.parse_rfc3339(str(status.get(field, ""))) for field in ("startTime", "creationTime"))
        times = [moment.timestamp() for moment in (run.facts.announced, *begun) if moment]
        self._feeds.track(self.kind, job, run.key, min(times, default=0.0))

    def _forget(self, obj: envelope.Object) -> None:
        with self._lock:
            self._memories.pop(obj.key, None)
        self.queue.forget(obj.key)
        job = facts.noted_job(facts.notes(obj.status_dict()))
        if job is not None:
            self._feeds.untrack(self.kind, job)

    # --- Kubernetes ------------------------------------------------------------------------------------------

    def _path(self, run: Pass, subresource: str | None = None) -> str:
        return kinds.resource_path(self.kind, run.obj.metadata.namespace, run.obj.metadata.name, subresource)

    def _patch(self, run: Pass, body: dict[str, Any], subresource: str | None = None) -> None:
        """A merge patch bound to the version that was decided on; the answer is the object from here on."""
        metadata = {**body.pop("metadata", {}), "resourceVersion": run.obj.metadata.resource_version}
        answer = self._client.request(
            "PATCH",
            self._path(run, subresource),
            body={"metadata": metadata, **body},
            content_type=MERGE_PATCH,
        )
        if self._waiting_out:
            self._outage_over()
        before, run.obj = run.obj, envelope.obj(answer)
        self.cache.put_newer(run.obj)
        self._on_write(before, run.obj)
        meta = run.obj.metadata
        run.memory.generation = meta.generation
        run.facts = replace(
            run.facts,
            generation=meta.generation,
            deleting=bool(meta.deletion_timestamp),
            finalizers=meta.finalizers,
            spec=run.obj.spec_dict(),
            status=run.obj.status_dict(),
            annotations=meta.annotations,
            labels=meta.labels,
            now=self._now(),
        )

    def _claim(self, run: Pass, step: steps.Claim) -> None:
        finalizers = [*run.facts.finalizers]
        if kinds.FINALIZER not in finalizers:
            finalizers.append(kinds.FINALIZER)
        body: dict[str, Any] = {"metadata": {"finalizers": finalizers}}
        if step.name is not None:
            body["spec"] = {self.kind.spec_name: step.name}
        self._patch(run, body)

    def _release(self, run: Pass) -> None:
        # The second one was the original's; it took it off only together with the tuning job.
        rest = [one for one in run.facts.finalizers if one not in (kinds.FINALIZER, kinds.TUNING_FINALIZER)]
        self._patch(run, {"metadata": {"finalizers": rest}})
        job = run.facts.intent
        if job is not None:
            self._feeds.untrack(self.kind, job)
        found = run.facts.sighting
        if isinstance(found, facts.Found) and found.owner is not facts.Owner.FOREIGN:
            self._on_release(run.obj, found.description)

    def _delete_self(self, run: Pass) -> None:
        """The object's time to live is over."""
        meta = run.obj.metadata
        body = {"preconditions": {"uid": meta.uid, "resourceVersion": meta.resource_version}}
        text = "The time to live after the end of the job is over; the object is deleted."
        self._recorder.event(run.obj, self.kind, "Normal", reasons.EXPIRED, text, "Delete")
        self._client.request("DELETE", self._path(run), body=body)

    def _write_status(self, run: Pass, step: steps.WriteStatus) -> None:
        if step.intent and run.facts.intent is not None:
            # An attempt is announced right before it is made, not each time that its turn has not come.
            self._await_turn(run, targets.wanted(run.facts), step.before or self.kind.api.create)
        change = statusparts.patch(run.facts.status, step.status)
        before = run.facts
        self._patch(run, {"status": change}, "status")
        self._note_shown(run, before)
        if step.intent:
            run.facts = replace(run.facts, intent_written=True, sighting=facts.NotLooked(), refusal=None, answers={})
        for note in step.notes:
            text = secrecy.told(note.text, run.facts.spec)
            self._recorder.event(run.obj, self.kind, note.type, note.reason, text, "Reconcile")

    def _note_shown(self, run: Pass, before: facts.Facts) -> None:
        """Tell how old the news were that a status write has shown; each once."""
        modified = freshness.shown(before, run.facts, run.memory.seen_modified)
        job = run.facts.intent
        if job is not None and modified is not None and modified > run.memory.shown_modified:
            run.memory.shown_modified = modified
            self._on_shown(job, modified)

    def _kube_trouble(self, obj: envelope.Object, error: KubeError) -> str:
        key = obj.key
        if error.not_found:
            return "success"
        if error.conflict:
            self.queue.add_after(key, self._rng.uniform(CONFLICT_PAUSE / 2, CONFLICT_PAUSE))
            return "requeue"
        self.queue.add_rate_limited(key)
        if error.unreachable or error.status == 429 or error.status >= 500:
            self._wait_out(key, error)
        else:
            self._decisions.write_refused(obj, error)
        return "error"

    def _wait_out(self, key: str, error: KubeError) -> None:
        """The API server is in trouble, which is no fault of the object's: it is not to wait for long afterwards."""
        with self._lock:
            # One line for all objects.
            self._complaints.complain(f"{self.kind.plural}: the Kubernetes API takes no writes ({error.reason})")
            self._waiting_out.add(key)
        log.debug("%s %s: %s", self.kind.name, key, error)
        delay = Backoff(OUTAGE_BASE, OUTAGE_CAP, self._rng).delay(self.queue.retries(key) - 1)
        # The earlier of the two times counts.
        self.queue.add_after(key, delay + min(error.retry_after or 0.0, OUTAGE_CAP))

    def _outage_over(self) -> None:
        """The API server takes writes again: nobody waits any longer."""
        with self._lock:
            keys, self._waiting_out = self._waiting_out, set()
        for key in sorted(keys):
            self.queue.add(key, Lane.NORMAL)

    # --- AWS -------------------------------------------------------------------------------------------------

    def _call(
        self,
        run: Pass,
        target: facts.Target,
        operation: str,
        parameters: Mapping[str, Any],
        service: str = SAGEMAKER,
    ) -> dict[str, Any]:
        """An AWS call in the place that an earlier pass was given, if any."""
        place = run.memory.places.pop((operation, target), None)
        address = self._cloud.address(target.region, target.endpoint, service)
        # What was asked in this pass is lost with it, so a pass of several questions waits in line rather than return.
        patience = LONG_PATIENCE if run.facts.answers else self._cloud.PATIENCE
        try:
            answer = self._cloud.call(address, operation, parameters, place=place, patience=patience, flow=_flow(run))
        except Busy as busy:
            run.memory.places[operation, target] = busy.place
            self._decisions.waits(run, target, operation, busy)
            raise
        except AwsError as error:
            self._decisions.refused(run, target, operation, error)
            raise
        self._decisions.accepted(run, target, operation, answer)
        return answer

    def _await_turn(self, run: Pass, target: facts.Target, operation: str) -> None:
        """Be sure that the call that follows need not wait."""
        places = run.memory.places
        address = self._cloud.address(target.region, target.endpoint, self.kind.api.service)
        try:
            place = places.get((operation, target))
            places[operation, target] = self._cloud.turn(address, operation, place, flow=_flow(run))
        except Busy as busy:
            places[operation, target] = busy.place
            raise

    def _describe(self, run: Pass, target: facts.Target) -> None:
        api = self.kind.api
        try:
            description = self._call(run, target, api.describe, {api.name: target.name})
        except AwsError as error:
            if errors.is_not_found(error):
                run.facts = replace(run.facts, sighting=facts.Absent(), refusal=_kept(run.facts), now=self._now())
            else:
                run.facts = replace(run.facts, refusal=refusal(error), now=self._now())
            return
        _see(run, description)
        run.facts = replace(
            run.facts,
            sighting=facts.Found(description),
            refusal=_kept(run.facts),
            look=False,
            missing=False,
            now=self._now(),
        )

    def _check_owner(self, run: Pass, step: steps.CheckOwner) -> None:
        found = run.facts.sighting
        if not isinstance(found, facts.Found):
            raise TypeError(f"An owner is only checked for a job that was found, not for {found}.")
        try:
            answer = self._call(run, step.target, "ListTags", {"ResourceArn": step.arn})
        except AwsError as error:
            run.facts = replace(run.facts, refusal=refusal(error))
            return
        owner, text = marks.owner(answer.get("Tags") or (), run.facts.uid, run.facts.owner_uid)
        run.facts = replace(run.facts, sighting=replace(found, owner=owner, owner_text=text), refusal=None)

    def _create(self, run: Pass, step: steps.Create) -> None:
        f = run.facts
        own = marks.marks(self.kind.name, f.namespace, f.name, f.uid, self._cluster)
        tags = marks.fitting(len(f.spec.get("tags") or ()), own)
        parameters = request.to_request(self.kind.name, step.spec, step.target.name, tags)
        try:
            self._send_create(run, step.target, self.kind.api.create, parameters, self.kind.api.service)
        except AwsError as error:
            run.facts = replace(run.facts, refusal=refusal(error), sighting=facts.NotLooked())
        else:
            run.memory.created = step.target, f.generation
            run.facts = replace(run.facts, created=True, created_from=f.generation, refusal=None)

    def _send_create(
        self, run: Pass, target: facts.Target, operation: str, parameters: Mapping[str, Any], service: str
    ) -> dict[str, Any]:
        """A call that makes something: whether it may have taken effect is remembered whatever comes of it.

        Raises:
            Busy: its turn has not come; nothing was sent.
            AwsError: AWS refused, or did not answer.
        """
        memory, was_clean = run.memory, run.memory.clean
        memory.clean = False
        try:
            answer = self._call(run, target, operation, parameters, service)
        except Busy:
            memory.clean = was_clean
            raise
        except AwsError as error:
            memory.clean = was_clean and not errors.leaves_doubt(error)
            self._note_attempt(run)
            raise
        self._note_attempt(run)
        return answer

    def _note_attempt(self, run: Pass) -> None:
        run.memory.attempted = self._clock()
        run.facts = replace(run.facts, attempted=self._attempted(run.memory), clean=run.memory.clean, now=self._now())

    def _ask(self, run: Pass, step: steps.Ask) -> None:
        send = self._send_create if step.creates else self._call
        answer: facts.Answer
        try:
            value = send(run, step.target, step.operation, step.parameters, step.service)
        except AwsError as error:
            answer = facts.Absent() if errors.is_not_found(error) else refusal(error)
        else:
            answer = facts.Found(value)
            if step.operation == self.kind.api.describe:
                _see(run, value)
        kept = {key: known for key, known in run.facts.answers.items() if key not in step.forgets}
        run.facts = replace(run.facts, answers={**kept, step.key: answer}, now=self._now())

    def _stop_job(self, run: Pass, target: facts.Target) -> None:
        api = self.kind.api
        try:
            self._call(run, target, api.stop, {api.name: target.name})
        except AwsError as error:
            if errors.is_not_found(error):
                run.facts = replace(run.facts, sighting=facts.Absent())
                return
            if not errors.is_already_over(error):
                run.facts = replace(run.facts, refusal=refusal(error))
                return
        run.facts = replace(run.facts, stopped=True, sighting=facts.NotLooked(), refusal=None)

    def _retry_delay(self, memory: Memory, reason: str) -> float:
        policy = reasons.RETRY[reason]
        memory.attempts = memory.attempts + 1 if memory.reason == reason else 1
        memory.reason = reason
        return Backoff(policy.first, policy.most, self._rng).delay(memory.attempts - 1)


def _flow(run: Pass) -> Flow:
    """In whose turn the object's calls are made: an edit or a deletion of what was known before is urgent."""
    f = run.facts
    looked_at = f.status.get("observedGeneration")
    return Flow(f.namespace, urgent=f.deleting or (looked_at is not None and looked_at != f.generation))


def _see(run: Pass, description: Mapping[str, Any]) -> None:
    """Remember how new the newest description is."""
    modified = description.get("LastModifiedTime")
    if isinstance(modified, datetime):
        run.memory.seen_modified = max(run.memory.seen_modified, modified.timestamp())


def _kept(f: facts.Facts) -> facts.Refusal | None:
    """A Create that was refused because the name is taken stays in mind while the job is looked at."""
    taken = f.refusal is not None and f.refusal.reason == reasons.NAME_CONFLICT
    return f.refusal if taken else None
