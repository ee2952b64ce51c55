"""The numbers of a run for TensorBoard, one folder a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from rnngen.errors import FileError, PackageError, install_hint
from rnngen.training.events import Evaluation, Event, Step

if TYPE_CHECKING:
    from pathlib import Path

TAGS = {
    "train_nats_per_token": "nats_per_token/training",
    "valid_nats_per_token": "nats_per_token/held_out",
    "valid_bits_per_byte": "bits_per_byte/held_out",
    "learning_rate": "learning_rate",
    "tokens_per_second": "tokens_per_second",
}
"""Field of an event -> name of the scalar; TensorBoard groups by what stands before the slash."""


class Scalars:
    """Writes the numbers in a run's events to files that TensorBoard reads."""

    def __init__(self, folder: Path, *, resume: bool) -> None:
        """Make `folder`. Nothing is written before the first number.

        resume: keep what was written before up to the first number that now comes, which is where
        the run goes on; else all that an earlier run wrote there is void.
        Raises PackageError without tensorboard, FileError if `folder` cannot be written.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise PackageError(
                f"`tensorboard` needs tensorboard: {install_hint('tensorboard')}"
            ) from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{folder}: cannot be written: {error.strerror}.") from error
        self._folder, self._resume = folder, resume
        self._make_writer = SummaryWriter
        self._writer: Any = None

    def observe(self, event: Event) -> None:
        """Take up the numbers of an event, if it has any."""
        if not isinstance(event, Step | Evaluation):
            return
        if self._writer is None:
            first = event.step if self._resume else 0
            self._writer = self._make_writer(str(self._folder), purge_step=first)
        for field, value in event.to_json().items():
            if field in TAGS:
                self._writer.add_scalar(TAGS[field], value, event.step)
        if isinstance(event, Evaluation):
            self._writer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
