"""SQS's queues: what is in them, who has received what, and what goes wrong on the way. No wire, no clock."""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tests.standin.settings import Span, parse_span

VISIBILITY = 30.0
"""Seconds for which a received message is hidden from others, unless said otherwise (SQS's default)."""


@dataclass(slots=True)
class Message:
    """A message; `visible_at` moves with each reception."""

    number: int
    body: str
    sent_at: float
    visible_at: float
    receipt: str = ""
    receptions: int = 0

    @property
    def id(self) -> str:
        """SQS's id of it."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.number)))


@dataclass(slots=True)
class Queue:
    """A standard queue.

    Attributes:
        visibility: see VISIBILITY.
        drop, double: probabilities that an event does not get here, or gets here twice.
        delay: seconds that an event is on its way, drawn for each.
        shuffle: whether messages are received in any order instead of their own.
        listening: requests for messages that are open.
    """

    name: str
    visibility: float = VISIBILITY
    drop: float = 0.0
    double: float = 0.0
    delay: Span = (0.0, 0.0)
    shuffle: bool = False
    listening: int = 0
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("sent", "dropped", "doubled", "received", "deleted"), 0)
    )
    _messages: dict[int, Message] = field(default_factory=dict)
    _number: int = 0
    _dice: random.Random = field(default_factory=lambda: random.Random(0))

    def set(self, values: dict[str, Any]) -> None:
        """Change attributes by name. ValueError for one that it doesn't have."""
        known = ("visibility", "drop", "double", "delay", "shuffle")
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f"a queue has no {unknown[0]!r}; there are {', '.join(known)}")
        for name, value in values.items():
            setattr(self, name, parse_span(value) if name == "delay" else value)

    def send(self, body: str, at: float) -> None:
        """An event comes, with whatever goes wrong on the way."""
        if self._dice.random() < self.drop:
            self.counts["dropped"] += 1
            return
        twice = self._dice.random() < self.double
        self.counts["doubled"] += twice
        for _ in range(1 + twice):
            self.put(body, at + self._dice.uniform(*self.delay))

    def put(self, body: str, at: float) -> None:
        """Put a message in."""
        self.counts["sent"] += 1
        self._number += 1
        self._messages[self._number] = Message(self._number, body, at, at)

    def receive(self, now: float, most: int, visibility: float | None) -> list[Message]:
        """Take messages for a while."""
        # Order of numbers is near enough to the order of times.
        ready = (message for message in self._messages.values() if message.visible_at <= now)
        if self.shuffle:
            every = list(ready)
            taken = self._dice.sample(every, min(most, len(every)))
        else:
            taken = list(islice(ready, most))
        for message in taken:
            message.receptions += 1
            message.visible_at = now + (self.visibility if visibility is None else visibility)
            message.receipt = f"{message.number}/{message.receptions}"
        self.counts["received"] += len(taken)
        return taken

    def delete(self, receipt: str) -> bool:
        """Delete what was received with a receipt; False for one that no reception gave. Deleted ones stay deleted."""
        number, slash, _ = receipt.partition("/")
        if not slash or not number.isdecimal():
            return False
        if self._messages.pop(int(number), None) is not None:
            self.counts["deleted"] += 1
        return True

    def report(self, now: float) -> dict[str, int]:
        """What became of messages, and how many are there."""
        hidden = sum(message.receptions > 0 and message.visible_at > now for message in self._messages.values())
        return {
            **self.counts,
            "waiting": len(self._messages) - hidden,
            "in_flight": hidden,
            "listening": self.listening,
        }


def digest(body: str) -> str:
    """MD5OfBody, by which SQS's clients check what they got."""
    return hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
