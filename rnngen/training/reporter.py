"""The events of a run, each with the place in the run where it happens."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from rnngen.training.events import Event, Skipped, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.training.progress import Clock, Progress

STEPS_PER_REPORT = 10
E = TypeVar("E", bound=Event)


class Reporter:
    """Makes all events of a run; keeps the losses of the steps since it last reported them."""

    def __init__(self, progress: Progress, clock: Clock, batches_per_epoch: int) -> None:
        self._progress, self._clock = progress, clock
        self._batches_per_epoch = batches_per_epoch
        self.skipped_in_a_row = 0
        """Steps up to the last report that taught nothing, since the last one that did."""
        self._begin_report()

    def _begin_report(self) -> None:
        self._losses: list[torch.Tensor] = []
        self._tokens = self._progress.tokens
        self._began = time.perf_counter()

    def event(self, kind: type[E], **fields: Any) -> E:
        """An event that happens now."""
        progress = self._progress
        return kind(
            step=progress.step,
            epoch=round(self.epochs(), 4),
            tokens=progress.tokens,
            seconds=round(self._clock.seconds(), 3),
            **fields,
        )

    def epochs(self) -> float:
        """Passes over the training text so far."""
        return self._progress.epoch + self._progress.batch / self._batches_per_epoch

    def add(self, loss: torch.Tensor) -> None:
        """Take up the loss of a step, a number on the device, without waiting for it."""
        self._losses.append(loss)

    def steps(self, learning_rate: float) -> Iterator[Event]:
        """What came of the steps since the last report, where a report is due.

        Here the losses are read, so here a GPU is waited for, and not at each step.
        """
        progress = self._progress
        if progress.step % STEPS_PER_REPORT != 0:
            return
        losses: list[float] = torch.stack(self._losses).tolist()
        seconds = max(1e-9, time.perf_counter() - self._began)
        tokens_per_second = round((progress.tokens - self._tokens) / seconds, 1)
        self._begin_report()
        for loss in losses:
            self.skipped_in_a_row = 0 if math.isfinite(loss) else self.skipped_in_a_row + 1
        finite = [loss for loss in losses if math.isfinite(loss)]
        if skipped := len(losses) - len(finite):
            yield self.event(Skipped, steps=skipped, in_a_row=self.skipped_in_a_row)
        if finite:
            yield self.event(
                Step,
                total_steps=progress.total_steps,
                learning_rate=learning_rate,
                train_nats_per_token=sum(finite) / len(finite),
                tokens_per_second=tokens_per_second,
            )
