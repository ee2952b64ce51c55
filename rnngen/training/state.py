"""The saved state of a run, `training.safetensors`: written every so often, and taken up again."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from rnngen import files, runs, tensor_file
from rnngen.config import BUDGET
from rnngen.errors import CheckpointError
from rnngen.training.events import Saved
from rnngen.training.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.training.learner import Learner
    from rnngen.training.plan import Plan
    from rnngen.training.processes import Group
    from rnngen.training.progress import Clock
    from rnngen.training.reporter import Reporter

SECONDS_BETWEEN_SAVES = 30.0


class StateSaver:
    """Writes all that a run needs to go on to the weights it would have had."""

    def __init__(
        self,
        plan: Plan,
        learner: Learner,
        progress: Progress,
        clock: Clock,
        reporter: Reporter,
        group: Group,
        *,
        is_resumed: bool = False,
    ) -> None:
        """is_resumed: the state that stands in the folder is one of this run."""
        self._plan, self._learner, self._group = plan, learner, group
        self._progress, self._clock, self._reporter = progress, clock, reporter
        self._saved_at = time.perf_counter()
        self._has_saved = is_resumed

    def is_due(self) -> bool:
        """Whether the last state is older than a killed run should lose."""
        return time.perf_counter() - self._saved_at > SECONDS_BETWEEN_SAVES

    def save(self) -> Saved:
        """Replace the state on the disk. To be called by all processes; the first writes."""
        plan, path = self._plan, self._plan.folder / runs.TRAINING_FILE
        self._progress.seconds = self._clock.seconds()
        facts = {
            "model": plan.model.to_dict(),
            "config": plan.config.to_dict(),
            "progress": dataclasses.asdict(self._progress),
            "tokenizer": plan.tokenizer.settings(),
            "source": plan.source,
            "job": plan.facts,
        }
        tensors = self._learner.tensors()
        tensors |= {f"tokenizer.{n}": array for n, array in plan.tokenizer.tensors().items()}
        if self._group.is_first:
            previous = path.with_name(runs.PREVIOUS_FILE)
            if not self._has_saved:
                previous.unlink(missing_ok=True)  # another run's
            elif path.exists():
                files.keep_as(path, previous)
            tensor_file.save_tensors(path, "training", tensors, facts)
        self._has_saved = True
        self._saved_at = time.perf_counter()
        return self._reporter.event(Saved, path=str(path))

    def finish(self) -> None:
        """Let go of the state before the last one, once that has been read back."""
        path = self._plan.folder / runs.TRAINING_FILE
        if self._group.is_first:
            tensor_file.load_tensors(path, "training")
            path.with_name(runs.PREVIOUS_FILE).unlink(missing_ok=True)


def recover(folder: Path) -> str | None:
    """Go back to the state before the last one if only that can be read; returns what was done."""
    path, previous = folder / runs.TRAINING_FILE, folder / runs.PREVIOUS_FILE
    if not previous.exists():
        return None
    try:
        tensor_file.load_tensors(path, "training")
    except CheckpointError as error:
        try:
            _, facts = tensor_file.load_tensors(previous, "training")
        except CheckpointError:
            return None  # the error of the last one is the one to read
        previous.replace(path)
        step = facts.get("progress", {}).get("step")
        return f"{error} Going on from the state before it, at step {step}."
    return None


def load_state(plan: Plan, learner: Learner) -> tuple[Progress, bool]:
    """Give the learner its saved state; returns the progress, and whether the plan's end is new.

    Raises CheckpointError if the state cannot be read or does not fit the plan.
    """
    path = plan.folder / runs.TRAINING_FILE
    tensors, facts = tensor_file.load_tensors(path, "training")
    try:
        progress = Progress.from_json(facts["progress"])
        learner.load(tensors)
        end = {name: facts["config"][name] for name in BUDGET}
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: does not fit the run's settings: {error}.") from error
    return progress, end != {name: getattr(plan.config, name) for name in BUDGET}
