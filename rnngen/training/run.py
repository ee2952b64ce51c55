"""Training as an iterator of events: `for event in train(plan): show(event)`.

Everything a run depends on is in its saved state, so a killed run goes on to the very weights it
would have had: the order of the text is a pure function of (seed, epoch), the schedule counts
steps and never seconds, the random numbers of dropout are a function of (seed, step, row), and how
many threads share the sums is stored.

    batches -> Learner.update -> StepBudget -> Reporter -> Evaluator -> StateSaver -> next batch
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import torch

from rnngen import checkpoint, runs
from rnngen.counts import count
from rnngen.dataset import batches
from rnngen.errors import ConfigError
from rnngen.training import device
from rnngen.training.evaluator import Evaluator
from rnngen.training.events import Event, Planned, Saved, Stopped, observed
from rnngen.training.learner import Learner
from rnngen.training.log import Log
from rnngen.training.memory import check_memory, explain_memory
from rnngen.training.processes import SINGLE
from rnngen.training.progress import Clock, Progress
from rnngen.training.reporter import Reporter
from rnngen.training.schedule import Schedule
from rnngen.training.state import StateSaver, load_state
from rnngen.training.step_budget import StepBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnngen.dataset.batches import Batch
    from rnngen.training.events import Observer
    from rnngen.training.plan import Plan
    from rnngen.training.processes import Group

MOST_SKIPPED_IN_A_ROW = 20


def train(
    plan: Plan,
    *,
    resume: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    observers: Sequence[Observer] = (),
    group: Group = SINGLE,
    note: Callable[[str], None] | None = None,
) -> Iterator[Event]:
    """Train, and say what happens as it happens; the last event is Stopped.

    resume: go on from `training.safetensors` in the plan's folder.
    should_stop: asked after every step; once true at any process, the run is saved and stops.
    observers: get each event after the log has it, and before it is yielded.
    group: the processes that train together; the first writes and has observers, all get the
    events.
    note: called with a line if the log of a resumed run had to be repaired.
    Raises CheckpointError if a state cannot be read or written, ConfigError for settings that this
    machine or group of processes cannot fulfil, TrainingError if its memory is too small.
    """
    with explain_memory():
        run = Run(plan, group, resume=resume)
        if not group.is_first:
            yield from run.events(should_stop)
            return
        path, progress = plan.folder / runs.LOG_FILE, run.progress
        has_ended = bool(progress.stopped)
        with Log(path, keep_until=progress.step, has_ended=has_ended, note=note) as log:
            if resume and not log.has_saved:  # killed before it was told
                log.observe(run.saved())
            yield from observed(run.events(should_stop), [log, *observers])


class Run:
    """The loop: reads batch after batch, does what is due after each, and knows when to stop."""

    def __init__(self, plan: Plan, group: Group = SINGLE, *, resume: bool = False) -> None:
        self._plan = plan = _resolve(plan, group)
        self._group = group
        self._asked_to_stop = False
        if plan.config.device == "cpu":  # elsewhere another memory counts
            check_memory(plan.model)
        self._start_id = checkpoint.start_id(plan.tokenizer, plan.continuous)
        self._learner = Learner(
            plan.model,
            plan.config,
            counts=plan.counts,
            start_id=self._start_id,
            initial=plan.initial,
            group=group,
        )
        batches_per_epoch = batches.num_batches(
            plan.training.num_tokens, plan.config.batch_size, plan.config.seq_len
        )
        self._schedule = Schedule(
            plan.config, batches_per_epoch=batches_per_epoch, held_out=plan.evaluated_tokens
        )
        loaded = load_state(plan, self._learner) if resume else (Progress(), False)
        self.progress, has_new_end = loaded
        clock = Clock(self.progress.seconds)
        self._reporter = Reporter(self.progress, clock, batches_per_epoch)
        self._step_budget = StepBudget(self._schedule, self.progress, clock, group)
        if has_new_end:
            self._move_end()
        parts = plan, self._learner, self.progress, clock, self._reporter, group
        self._evaluator = Evaluator(*parts, is_resumed=resume)
        self._saver = StateSaver(*parts, is_resumed=resume)

    def saved(self) -> Saved:
        """The event of the state that the run goes on from."""
        return self._reporter.event(Saved, path=str(self._plan.folder / runs.TRAINING_FILE))

    def _move_end(self) -> None:
        """Go on to the end that the settings have now. Raises ConfigError if it is past."""
        progress = self.progress
        if not self._step_budget.move_end():
            raise ConfigError(
                f"{self._plan.folder.name} has trained for {count(progress.step, 'step')}, "
                f"{self._reporter.epochs():.4g} epochs, {progress.seconds / 60:.2g} minutes "
                "already, and its new end is to be later, counted from its beginning."
            )

    def events(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Train to the end; see `train`."""
        progress = self.progress
        # Killed between its last step and the note that it has ended, a run has no more to do.
        reason = progress.stopped or self._reason_to_stop()
        if progress.total_steps is not None:
            yield self._reporter.event(Planned, total_steps=progress.total_steps)
        while not reason:
            for batch in self._rest_of_epoch():
                yield from self._advance(batch, should_stop)
                if reason := self._reason_to_stop():
                    break
            else:
                progress.epoch, progress.batch = progress.epoch + 1, 0
        if reason in ("finished", "patience") and not progress.stopped:
            yield from self._evaluator.examine()
        if reason != "diverged":  # what is on the disk is the last good state
            progress.stopped = "" if reason == "interrupted" else reason
            yield self._saver.save()
        if progress.stopped:
            self._saver.finish()
        yield self._reporter.event(
            Stopped,
            reason=reason,
            best_valid_nats_per_token=progress.best_nats,
            best_valid_bits_per_byte=progress.best_bits,
        )

    def _rest_of_epoch(self) -> Iterator[Batch]:
        config = self._plan.config
        return batches.batches(
            self._plan.training.shuffled(config.seed, self.progress.epoch),
            config.batch_size,
            config.seq_len,
            start_id=self._start_id,
            first=self.progress.batch,
            rows=self._group.rows(config.batch_size),
        )

    def _advance(self, batch: Batch, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """One step, and what is due after it."""
        progress = self.progress
        self._step_budget.begin_step()
        rate = self._schedule.learning_rate(progress.step, progress.total_steps)
        loss = self._learner.update(batch, rate)
        progress.step += 1
        progress.batch = batch.position + 1
        progress.tokens += batch.num_targets
        self._reporter.add(loss)
        if self._step_budget.end_step(loss):
            yield self._reporter.event(Planned, total_steps=progress.total_steps)
        yield from self._reporter.steps(rate)
        self._asked_to_stop, save = self._sync_requests(should_stop())
        if self._schedule.is_evaluation_due(progress.step, progress.total_steps):
            yield from self._evaluator.evaluate()
            save = True  # what was found out must not be found out again
        if save:
            yield self._saver.save()

    def _sync_requests(self, stop: bool) -> tuple[bool, bool]:
        """Whether any process is to stop, and whether the first finds it time to save."""
        save = self._saver.is_due()
        if self._group.size == 1:
            return stop, save
        asked = torch.tensor([stop, save and self._group.is_first], dtype=torch.int32)
        stop, save = self._group.all_reduce(asked).bool().tolist()
        return stop, save

    def _reason_to_stop(self) -> str:
        progress, patience = self.progress, self._plan.config.patience
        if self._reporter.skipped_in_a_row >= MOST_SKIPPED_IN_A_ROW:
            return "diverged"
        if progress.total_steps is not None and progress.step >= progress.total_steps:
            return "finished"
        if patience and progress.without_gain >= patience:
            return "patience"
        return "interrupted" if self._asked_to_stop else ""


def _resolve(plan: Plan, group: Group) -> Plan:
    """The plan as this machine can carry it out, the same at all processes.

    Machines may differ, and each would choose for itself: the first one's choice holds.
    """
    group.check(plan.config.batch_size)
    config = device.resolve(plan.config, plan.model, group)
    return dataclasses.replace(
        plan, model=group.broadcast(plan.model), config=group.broadcast(config)
    )
