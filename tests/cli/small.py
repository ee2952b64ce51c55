"""A small text, settings that train on it in a moment, and what came of it."""

from __future__ import annotations

from pathlib import Path

from rnngen import runs, tensor_file
from tests.precision import PRECISION_OPTION

SMALL = ("--hidden-size", 16, "--num-layers", 1, "--device", "cpu", *PRECISION_OPTION)


def words(path: Path, lines: int = 400) -> Path:
    path.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(lines)))
    return path


def state(home: Path, name: str) -> dict[str, bytes]:
    tensors, _ = tensor_file.load_tensors(home / name / runs.TRAINING_FILE, "training")
    return {key: array.tobytes() for key, array in tensors.items()}
