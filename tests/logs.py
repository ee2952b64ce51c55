"""Logs of runs as training writes them, without training."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rnngen.training.events import Evaluation, Event, Planned, Saved, Step, Stopped
from rnngen.training.log import Log


def step(number: int, nats: float) -> Step:
    """At that step 100 tokens a step were read, in half a second each, a tenth of an epoch."""
    return Step(number, number / 10, number * 100, number / 2, None, 0.001, nats, 200.0)


def evaluation(number: int, nats: float, bits: float) -> Evaluation:
    return Evaluation(number, number / 10, number * 100, number / 2, nats, bits, True, 0)


def write_log(folder: Path, events: Iterable[Event]) -> Path:
    """A run's folder with its log, between other events; returns the log."""
    folder.mkdir(parents=True, exist_ok=True)
    with Log(folder / "log.jsonl", keep_until=0) as log:
        log.observe(Planned(0, 0.0, 0, 0.0, 100))
        for event in events:
            log.observe(event)
            log.observe(Saved(event.step, event.epoch, event.tokens, event.seconds, "somewhere"))
        log.observe(Stopped(100, 10.0, 10000, 50.0, "finished", None, None))
    return folder / "log.jsonl"
