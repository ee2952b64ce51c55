"""Training as an iterator of events: `for event in train(plan): show(event)`.

Everything a run depends on is in its saved state, so a killed run goes on to the very weights it
would have had: the order of the text is a pure function of (seed, epoch), the schedule counts
steps and never seconds, the random numbers of dropout are a function of (seed, step, row), and how
many threads share the sums is stored.
"""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from rnngen import checkpoint, runs, tensor_file
from rnngen.config import BUDGET
from rnngen.dataset import batches
from rnngen.errors import CheckpointError, ConfigError
from rnngen.tokenizers.base import piece_bytes
from rnngen.training.device import choose_device, choose_precision, choose_threads
from rnngen.training.events import Evaluation, Event, Planned, Sample, Saved, Skipped, Step, Stopped
from rnngen.training.learner import Learner
from rnngen.training.log import Log
from rnngen.training.processes import SINGLE
from rnngen.training.progress import Progress, StepReport
from rnngen.training.schedule import Schedule
from rnngen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.dataset.batches import Batch
    from rnngen.training.plan import Plan
    from rnngen.training.processes import Group

STEPS_PER_REPORT = 10
SECONDS_BETWEEN_SAVES = 30.0
MOST_SKIPPED_IN_A_ROW = 20
E = TypeVar("E", bound=Event)


def train(
    plan: Plan,
    *,
    resume: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    group: Group = SINGLE,
) -> Iterator[Event]:
    """Train, and say what happens as it happens; the last event is Stopped.

    resume: go on from `training.safetensors` in the plan's folder.
    should_stop: asked after every step; once true at any process, the run is saved and stops.
    group: the processes that train together; the first writes, all get the events.
    Raises CheckpointError if a state cannot be read or written, ConfigError for settings that this
    machine or group of processes cannot fulfil.
    """
    run = Run(plan, group)
    if resume:
        run.load()
    if not group.is_first:
        yield from run.events(should_stop)
        return
    with Log(plan.folder / runs.LOG_FILE, keep_until=run.progress.step) as log:
        for event in run.events(should_stop):
            log.append(event)
            yield event


class Run:
    """One run: what is read next, when to evaluate and save, when to stop."""

    def __init__(self, plan: Plan, group: Group = SINGLE) -> None:
        group.check(plan.config.batch_size)
        device = choose_device(plan.config.device)
        precision = choose_precision(plan.config.precision, device, plan.model)
        threads = choose_threads(plan.config.threads, device, plan.config.batch_size, group)
        config = dataclasses.replace(
            plan.config, device=device.type, precision=precision, threads=threads
        )
        # Machines may differ, and each would choose for itself.
        plan, self.config = (
            dataclasses.replace(plan, model=group.broadcast(plan.model)),
            group.broadcast(config),
        )
        self.progress = Progress()
        self._plan = plan
        self._group = group
        self._asked_to_stop = False
        self._start_id = checkpoint.start_id(plan.tokenizer, plan.continuous)
        self._learner = Learner(
            plan.model,
            self.config,
            counts=plan.counts,
            start_id=self._start_id,
            initial=plan.initial,
            group=group,
        )
        self._piece_bytes = piece_bytes(plan.tokenizer)
        self._batches_per_epoch = batches.num_batches(
            plan.training.num_tokens, self.config.batch_size, self.config.seq_len
        )
        held_out = plan.validation.num_tokens
        self._schedule = Schedule(
            self.config,
            batches_per_epoch=self._batches_per_epoch,
            held_out=min(self.config.valid_tokens or held_out, held_out),
        )
        self._skipped = 0
        self._report = StepReport()
        self._step_seconds: list[float] = []
        self._began = self._saved_at = time.perf_counter()

    def events(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        progress = self.progress
        reason = progress.stopped
        if self.config.minutes is None and progress.total_steps is None:
            progress.total_steps = self._schedule.given_steps
        if progress.total_steps is not None:
            yield self._event(Planned, total_steps=progress.total_steps)
        while not reason:
            for batch in self._rest_of_epoch():
                yield from self._advance(batch, should_stop)
                if reason := self._reason_to_stop():
                    break
            else:
                progress.epoch, progress.batch = progress.epoch + 1, 0
        if reason != "diverged":  # what is on the disk is the last good state
            progress.stopped = "" if reason == "interrupted" else reason
            yield self._save()
        yield self._event(
            Stopped,
            reason=reason,
            best_valid_nats_per_token=progress.best_nats,
            best_valid_bits_per_byte=progress.best_bits,
        )

    def _rest_of_epoch(self) -> Iterator[Batch]:
        return batches.batches(
            self._plan.training.shuffled(self.config.seed, self.progress.epoch),
            self.config.batch_size,
            self.config.seq_len,
            start_id=self._start_id,
            first=self.progress.batch,
            rows=self._group.rows(self.config.batch_size),
        )

    def _advance(self, batch: Batch, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """One step, and what is due after it."""
        progress = self.progress
        began = time.perf_counter()
        rate = self._schedule.learning_rate(progress.step, progress.total_steps)
        loss = self._learner.update(batch, rate)
        progress.step += 1
        progress.batch = batch.position + 1
        progress.tokens += batch.num_targets
        self._report.add(loss)
        if progress.total_steps is None:
            loss.item()  # a GPU's time is that until it has the number
            self._step_seconds.append(time.perf_counter() - began)
        yield from self._plan_steps()
        if progress.step % STEPS_PER_REPORT == 0:
            yield from self._report_steps(rate)
        self._asked_to_stop, save = self._sync_requests(should_stop())
        if self._schedule.is_evaluation_due(progress.step, progress.total_steps):
            yield from self._evaluate()
            yield self._save()
        elif save:
            yield self._save()

    def _plan_steps(self) -> Iterator[Event]:
        """Find the total of a timed run, and adjust it when its speed has changed."""
        progress, schedule = self.progress, self._schedule
        step, total = progress.step, progress.total_steps
        if total is None:
            seconds = self._step_seconds
            measured = schedule.total_from_speed(step, progress.tokens, self._seconds(), seconds)
            if (total := self._group.broadcast(measured)) is not None:
                progress.total_steps = total
                yield self._event(Planned, total_steps=total)
        elif schedule.is_adjusting_due(step, total):
            adjusted = schedule.adjust_total(step, total, self._seconds())
            progress.total_steps = self._group.broadcast(adjusted)

    def _report_steps(self, rate: float) -> Iterator[Event]:
        """What came of the steps since the last report."""
        losses, tokens_per_second = self._report.finish(self.progress.tokens)
        finite = [loss for loss in losses if math.isfinite(loss)]
        for loss in losses:
            self._skipped = 0 if math.isfinite(loss) else self._skipped + 1
        if len(finite) < len(losses):
            skipped = len(losses) - len(finite)
            yield self._event(Skipped, steps=skipped, in_a_row=self._skipped)
        if finite:
            yield self._event(
                Step,
                total_steps=self.progress.total_steps,
                learning_rate=rate,
                train_nats_per_token=sum(finite) / len(finite),
                tokens_per_second=tokens_per_second,
            )

    def _sync_requests(self, stop: bool) -> tuple[bool, bool]:
        """Whether any process is to stop, and whether the first finds it time to save."""
        save = time.perf_counter() - self._saved_at > SECONDS_BETWEEN_SAVES
        if self._group.size == 1:
            return stop, save
        asked = torch.tensor([stop, save and self._group.is_first], dtype=torch.int32)
        stop, save = self._group.all_reduce(asked).bool().tolist()
        return stop, save

    def _reason_to_stop(self) -> str:
        progress = self.progress
        if self._skipped >= MOST_SKIPPED_IN_A_ROW:
            return "diverged"
        if progress.total_steps is not None and progress.step >= progress.total_steps:
            return "finished"
        if self.config.patience and progress.without_gain >= self.config.patience:
            return "patience"
        return "interrupted" if self._asked_to_stop else ""

    # Measuring and keeping.

    def _evaluate(self) -> Iterator[Event]:
        progress = self.progress
        sequence = self._plan.validation.in_order(self.config.valid_tokens)
        loss = self._learner.evaluate(sequence, self._piece_bytes)
        before = math.inf if progress.best_nats is None else progress.best_nats
        best = loss.nats_per_token < before
        if best:
            progress.best_nats, progress.best_bits = loss.nats_per_token, loss.bits_per_byte
        progress.without_gain = 0 if best else progress.without_gain + 1
        snapshot = self._snapshot()
        if best and self._group.is_first:
            checkpoint.save_model(self._plan.folder / runs.MODEL_FILE, snapshot)
        yield self._event(
            Evaluation,
            valid_nats_per_token=loss.nats_per_token,
            valid_bits_per_byte=loss.bits_per_byte,
            best=best,
            without_gain=progress.without_gain,
        )
        if self._plan.sample is not None and self._group.is_first:
            yield self._event(Sample, text=self._plan.sample(snapshot, progress.step))

    def _snapshot(self) -> checkpoint.Model:
        """The model as it stands, as it would be stored."""
        plan, progress = self._plan, self.progress
        facts = {
            **plan.facts,
            "training": {
                **self.config.to_dict(),
                "step": progress.step,
                "total_steps": progress.total_steps,
                "epochs_seen": round(self._epochs(), 4),
                "tokens_seen": progress.tokens,
                "seconds": round(self._seconds(), 3),
            },
            "metrics": {
                "best_valid_nats_per_token": progress.best_nats,
                "best_valid_bits_per_byte": progress.best_bits,
            },
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "version": __version__,
        }
        weights = self._learner.weights()
        return checkpoint.Model(
            plan.model, weights, plan.tokenizer, plan.continuous, facts, plan.novelty, plan.lexicon
        )

    def _save(self) -> Saved:
        path = self._plan.folder / runs.TRAINING_FILE
        self.progress.seconds, self._began = self._seconds(), time.perf_counter()
        plan = self._plan
        facts = {
            "model": plan.model.to_dict(),
            "config": self.config.to_dict(),
            "progress": dataclasses.asdict(self.progress),
            "tokenizer": plan.tokenizer.settings(),
            "source": plan.source,
            "job": plan.facts,
        }
        tensors = self._learner.tensors()
        tensors |= {f"tokenizer.{n}": array for n, array in plan.tokenizer.tensors().items()}
        if self._group.is_first:
            tensor_file.save_tensors(path, "training", tensors, facts)
        self._saved_at = time.perf_counter()
        return self._event(Saved, path=str(path))

    def load(self) -> None:
        """Take up the state on the disk.

        Raises CheckpointError if it does not fit the plan, ConfigError if its end is past.
        """
        path = self._plan.folder / runs.TRAINING_FILE
        tensors, facts = tensor_file.load_tensors(path, "training")
        try:
            self.progress = Progress(**facts["progress"])
            self._learner.load(tensors)
            before = {name: facts["config"][name] for name in BUDGET}
        except (KeyError, TypeError, RuntimeError) as error:
            reason = " ".join(str(error).split())  # torch's has many lines
            raise CheckpointError(f"{path}: does not fit the run's settings: {reason}") from error
        if before != {name: getattr(self.config, name) for name in BUDGET}:
            self._move_end()
        self._began = self._saved_at = time.perf_counter()
        self._report = StepReport(self.progress.tokens)

    def _move_end(self) -> None:
        """Go on to the end that the settings have now."""
        progress = self.progress
        progress.total_steps = self._schedule.total_to_new_end(progress.step, progress.seconds)
        progress.stopped = ""
        if progress.total_steps is None:
            raise ConfigError(
                f"{self._plan.folder.name} has trained for {progress.step:,} steps, "
                f"{self._epochs():.4g} epochs, {progress.seconds / 60:.2g} minutes already, and "
                "its new end is to be later, counted from its beginning."
            )

    # Small things every event needs.

    def _event(self, kind: type[E], **fields: Any) -> E:
        progress = self.progress
        return kind(
            step=progress.step,
            epoch=round(self._epochs(), 4),
            tokens=progress.tokens,
            seconds=round(self._seconds(), 3),
            **fields,
        )

    def _epochs(self) -> float:
        return self.progress.epoch + self.progress.batch / self._batches_per_epoch

    def _seconds(self) -> float:
        return self.progress.seconds + time.perf_counter() - self._began
