"""What training says as it goes, in order: `for event in train(...)`.

Each event is one JSON object in `log.jsonl`: `event` is its name in lower case, the rest are the
fields below; fields that do not apply are left out. Programs may read that file while it grows.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rnngen.training.recipe import Recipe


@dataclass(frozen=True)
class Event:
    step: int
    """Updates of the weights so far."""
    epoch: float
    """Passes over the training text so far."""
    tokens: int
    """Tokens trained on so far."""
    seconds: float
    """Time trained so far, earlier parts of a resumed run included."""

    def to_json(self) -> dict[str, Any]:
        fields = {k: v for k, v in dataclasses.asdict(self).items() if v is not None}
        return {"event": type(self).__name__.lower(), **fields}


@dataclass(frozen=True)
class Prepared(Event):
    """The first event of a new run, before anything is trained; the log does not have it."""

    corpus: dict[str, Any]
    """What is read: names, bytes, tokens, how it is divided into documents."""
    recipe: Recipe
    """The settings, and why each has its value."""

    @classmethod
    def of(cls, corpus: dict[str, Any], recipe: Recipe) -> Self:
        return cls(0, 0.0, 0, 0.0, corpus, recipe)


@dataclass(frozen=True)
class Planned(Event):
    """The number of steps is known; a run with `minutes` may adjust it, and each `Step` says it."""

    total_steps: int


@dataclass(frozen=True)
class Step(Event):
    """Some steps were made."""

    total_steps: int | None
    learning_rate: float
    train_nats_per_token: float
    """Mean loss of the steps since the last such event."""
    tokens_per_second: float


@dataclass(frozen=True)
class Skipped(Event):
    """Of some steps since the last report loss or gradient was not finite; they taught nothing."""

    steps: int
    """How many."""
    in_a_row: int
    """Such steps up to now, since the last finite one."""


@dataclass(frozen=True)
class Evaluation(Event):
    """The held-out text was read."""

    valid_nats_per_token: float
    valid_bits_per_byte: float
    best: bool
    """The best so far; `model.safetensors` now holds these weights."""
    without_gain: int
    """Evaluations since the best one."""


@dataclass(frozen=True)
class Sample(Event):
    """Text the model writes at this moment."""

    text: str


@dataclass(frozen=True)
class Limited(Event):
    """What would have made the model better, known once the run has come to its end."""

    by: str
    """What was short, or not as it should be: text, time, size, dropout or oddness."""
    why: str
    """What would help most, and the figures that say so: the end of a sentence, and another."""
    train_nats_per_token: float
    """Of some of the text it was trained on, without dropout."""


@dataclass(frozen=True)
class Saved(Event):
    """`training.safetensors` holds the run as it stands: it can be resumed from here."""

    path: str


@dataclass(frozen=True)
class Stopped(Event):
    """The last event. reason: finished, patience, interrupted or diverged."""

    reason: str
    best_valid_nats_per_token: float | None
    best_valid_bits_per_byte: float | None


class Observer(Protocol):
    """Something that follows a run, as its log does."""

    def observe(self, event: Event) -> None:
        """Take up an event, each in turn. What is raised here ends the run."""
        ...


def observed(events: Iterable[Event], observers: Sequence[Observer]) -> Iterator[Event]:
    """The events, each after all observers have it."""
    for event in events:
        for observer in observers:
            observer.observe(event)
        yield event
