"""Homes with models in them, made without training."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rnngen import checkpoint, runs, tensor_file
from tests.models import small_model


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs go in this test; no model is the default."""
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RNNGEN_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def make_run(home: Path) -> Callable[..., Path]:
    """Writes a run's model and state, and returns its folder."""

    def make(name: str, *, stopped: str = "finished", age: int = 0, model: bool = True) -> Path:
        folder = home / name
        folder.mkdir(parents=True)
        facts = {"progress": {"stopped": stopped}}
        tensor_file.save_tensors(folder / runs.TRAINING_FILE, "training", {}, facts)
        (folder / runs.LOG_FILE).write_text("{}\n")
        if model:
            checkpoint.save_model(folder / runs.MODEL_FILE, small_model())
            os.utime(folder / runs.MODEL_FILE, (1e9 - age, 1e9 - age))
        return folder

    return make
