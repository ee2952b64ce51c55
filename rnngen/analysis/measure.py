"""What a run is measured by once it is trained: loss, speed, size, memory of text and machine."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from rnngen import checkpoint, runs
from rnngen.analysis.reading import read_held_out
from rnngen.config import SampleConfig
from rnngen.errors import TrainingError
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.shapes import parameter_count
from rnngen.sampling.sampler import Sampler
from rnngen.tokenizers.base import piece_characters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rnngen.analysis.trace import IdArray
    from rnngen.model.runtime import Runtime
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer

SAMPLED_SECONDS = 0.5
"""For which a model writes, to time it."""
SAMPLED_TOKENS = 200
RESET_PEAK = "5"
"""What Linux takes as: the peak begins anew (man proc, clear_refs)."""


@dataclass(frozen=True)
class RunResult:
    """A run and its measurements."""

    candidate: str
    seed: int
    name: str
    """Of the run, as `rnngen sample` takes it."""
    hidden_size: int
    num_layers: int
    parameters: int
    steps: int
    seconds: float
    """Of training, evaluations included."""
    epochs: float
    bits_per_byte: float
    """Of held-out text: the best evaluation's."""
    train_characters_per_second: float
    sample_characters_per_second: float
    """Of one text, with NumPy."""
    peak_bytes: int | None
    """The most memory the process held while training; None where the system does not say."""
    context: list[float | None]
    accuracy: list[float | None]
    """See `reading.HeldOutReading`."""

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Of what `asdict` made. Raises TypeError for anything else."""
        if unknown := set(values) - {f.name for f in fields(cls)}:
            raise TypeError(f"unknown key {min(unknown)!r}")
        return cls(**values)

    to_dict = asdict


def measure(
    folder: Path, candidate: str, seed: int, held_out: IdArray, peak_bytes: int | None
) -> RunResult:
    """The measurements of the run in `folder`. Raises CheckpointError, CorpusError."""
    model = checkpoint.load_model(folder / runs.MODEL_FILE)
    log = _log(folder)
    last = log[-1]
    # The training text is as long per token as the text held out.
    per_token = float(piece_characters(model.tokenizer)[held_out].mean())
    speeds = [event["tokens_per_second"] for event in log if event["event"] == "step"]
    if not speeds:
        raise TrainingError(
            f"{folder}: it made only {last['step']} steps, too few to compare. Give it more "
            "`minutes`."
        )
    reading = read_held_out(model, held_out)
    return RunResult(
        candidate=candidate,
        seed=seed,
        name=f"{folder.parent.name}/{folder.name}",
        hidden_size=model.config.hidden_size,
        num_layers=model.config.num_layers,
        parameters=parameter_count(model.config),
        steps=last["step"],
        seconds=last["seconds"],
        epochs=last["epoch"],
        bits_per_byte=model.facts["metrics"]["best_valid_bits_per_byte"],
        train_characters_per_second=statistics.median(speeds) * per_token,
        sample_characters_per_second=sampling_speed(model),
        peak_bytes=peak_bytes,
        context=reading.context,
        accuracy=reading.accuracy,
    )


def _log(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / runs.LOG_FILE).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class _Sampled(NamedTuple):
    """What a `Sampler` uses of a model."""

    runtime: Runtime
    tokenizer: Tokenizer
    start_id: int
    forbidden: NDArray[np.bool_]
    novelty: SpanIndex | None = None


def sampling_speed(model: checkpoint.Model) -> float:
    """Characters a second: the median of texts that are written one after the other."""
    forbidden = ~model.tokenizer.seen
    if model.continuous:
        forbidden[model.tokenizer.end_id] = True
    runtime = NumpyRuntime(model.config, model.weights)
    sampled = _Sampled(runtime, model.tokenizer, model.start_id, forbidden)
    sampler = Sampler(sampled, SampleConfig(length=SAMPLED_TOKENS))
    [_] = sampler.generate([""], seed=0, indices=[0])  # the first one also fills tables
    speeds: list[float] = []
    end = time.perf_counter() + SAMPLED_SECONDS
    while time.perf_counter() < end or not speeds:
        began = time.perf_counter()
        [text] = sampler.generate([""], seed=0, indices=[len(speeds) + 1])
        speeds.append(len(text.text) / (time.perf_counter() - began))
    return statistics.median(speeds)


def reset_peak() -> bool:
    """Forget the most memory this process has held so far; whether the system can."""
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def peak_memory() -> int | None:
    """The most memory, in bytes, since `reset_peak`; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
