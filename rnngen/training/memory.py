"""Whether a model fits into the memory of this machine, asked before anything is replaced."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.errors import TrainingError
from rnngen.model.shapes import parameter_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.config import ModelConfig

BYTES_PER_WEIGHT = 16
"""In training: a weight, its gradient and the two moments of AdamW, of four bytes each."""
LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where a container says how much memory it may use."""
NO_MEMORY = ("allocate memory", "out of memory", "could not execute a primitive")
"""How PyTorch says it; the last is what oneDNN says."""
SMALLER = "Lower `hidden_size`, `num_layers` or `batch_size`."


def check_memory(model: ModelConfig) -> None:
    """Raises TrainingError if all memory of this machine could not hold the model in training."""
    weights, there = parameter_count(model), memory_bytes()
    if there is not None and (needed := BYTES_PER_WEIGHT * weights) > there:
        raise TrainingError(
            f"the model would have {weights:,} weights. Training them takes"
            f" {needed / 1e9:,.0f} GB of memory, and this machine has {there / 1e9:.0f}. {SMALLER}"
        )


def memory_bytes() -> int | None:
    """The memory of this machine, or of the container; None where the system does not tell."""
    found = []
    with contextlib.suppress(OSError, ValueError, AttributeError):  # Windows has no sysconf
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        found.append(int(LIMIT.read_text()))
    return min(found, default=None)


@contextlib.contextmanager
def explain_memory() -> Iterator[None]:
    """A RuntimeError of PyTorch that means a lack of memory becomes a TrainingError of one line."""
    try:
        yield
    except RuntimeError as error:
        if not any(words in str(error) for words in NO_MEMORY):
            raise
        raise TrainingError(f"out of memory: the batch does not fit. {SMALLER}") from error
