"""Checkpoint files: whole, checked, replaced in one move."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from rnngen import checkpoint, tensor_file
from rnngen.console.models import fact_lines, model_summary
from rnngen.errors import CheckpointError
from tests.models import small_model


def test_a_model_comes_back_as_it_was(tmp_path: Path):
    model = small_model(cell="gru", tie_weights=True)
    checkpoint.save_model(tmp_path / "m", model)
    loaded = checkpoint.load_model(tmp_path / "m")
    assert loaded.config == model.config
    assert loaded.facts == model.facts
    assert loaded.continuous == model.continuous
    assert loaded.tokenizer.settings() == model.tokenizer.settings()
    assert loaded.weights.keys() == model.weights.keys()
    for name, array in model.weights.items():
        assert (loaded.weights[name] == array).all()


@given(st.data())
def test_a_changed_byte_anywhere_is_noticed(tmp_path_factory: pytest.TempPathFactory, data):
    path = tmp_path_factory.getbasetemp() / "flipped"
    checkpoint.save_model(path, small_model())
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="flipped"):
        checkpoint.load_model(path)


@given(st.data())
def test_a_truncated_file_is_noticed(tmp_path_factory: pytest.TempPathFactory, data):
    path = tmp_path_factory.getbasetemp() / "short"
    checkpoint.save_model(path, small_model())
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(CheckpointError, match="short"):
        checkpoint.load_model(path)


def rewritten(path: Path, **changes: str) -> None:
    """The file with other metadata, and a digest that fits it."""
    tensors = load_file(path)
    with safe_open(path, framework="numpy") as file:
        metadata = {**file.metadata(), **changes}
    metadata["digest"] = tensor_file._digest("model", metadata["facts"], tensors)
    save_file(tensors, path, metadata)


def test_a_newer_format_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "m"
    checkpoint.save_model(path, small_model())
    rewritten(path, format_version="2")
    with pytest.raises(CheckpointError, match=r"format 2.*reads up to 1; update"):
        checkpoint.load_model(path)


def test_a_model_that_does_not_fit_its_own_settings_is_refused(tmp_path: Path):
    path = tmp_path / "m"
    checkpoint.save_model(path, small_model())
    facts = {"model": {"vocab_size": 257, "hidden_size": 9}, "tokenizer": {"kind": "byte"}}
    rewritten(path, facts=json.dumps({**facts, "continuous": False}))
    with pytest.raises(CheckpointError, match=r"embedding\.weight should have shape"):
        checkpoint.load_model(path)


@pytest.mark.parametrize(
    "facts",
    [
        "[]",
        "{}",
        '{"model": 3}',
        '{"model": {"cell": "rnn", "vocab_size": 1}, "tokenizer": {}, "continuous": 0}',
        '{"model": {"vocab_size": 257}, "tokenizer": {"kind": "pickle"}, "continuous": 0}',
        '{"model": {"vocab_size": 257, "evil": 1}, "tokenizer": {}, "continuous": 0}',
    ],
)
def test_hostile_facts_give_a_checkpoint_error(tmp_path: Path, facts: str):
    path = tmp_path / "m"
    checkpoint.save_model(path, small_model())
    rewritten(path, facts=facts)
    with pytest.raises(CheckpointError):
        checkpoint.load_model(path)


WRONG = [None, True, 7, -1, 2.5, "text", [], ["a"], {}, {"a": 1}, [[["x"]]], 10**30, "9" * 5000]
WRONG += [10**400, float("inf"), float("nan"), "\x1b[31m\u202e\n", {"\x1b": "\u2066"}]


def whole_facts(path: Path) -> dict[str, Any]:
    """The facts of a small model, with all that training says of one."""
    checkpoint.save_model(path, small_model())
    with safe_open(path, framework="numpy") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["facts"])
    corpus = {"names": ["a"], "bytes": 3, "documents": "line", "num_documents": 2}
    training = {"step": 3, "seconds": 1.5, "epochs_seen": 0.5, "seed": 0}
    metrics = {"best_valid_bits_per_byte": 2.5, "best_valid_nats_per_token": 1.5}
    return {**facts, "corpus": corpus, "training": training, "metrics": metrics, "version": "1"}


def test_a_wrong_type_anywhere_is_an_error_or_can_be_shown(tmp_path: Path):
    """Each key in turn, also of the objects within, has each wrong value."""
    path = tmp_path / "m"
    whole = whole_facts(path)
    places: list[tuple[str, ...]] = [(key,) for key in whole]
    places += [
        (key, inner) for key in whole if isinstance(whole[key], dict) for inner in whole[key]
    ]
    shown = 0
    for place in places:
        for value in WRONG:
            facts = json.loads(json.dumps(whole))
            section = facts if len(place) == 1 else facts[place[0]]
            section[place[-1]] = value
            rewritten(path, facts=json.dumps(facts))
            with contextlib.suppress(CheckpointError):
                described = checkpoint.describe(path, checkpoint.load_model(path))
                lines = [*model_summary(described), *fact_lines(described)]
                assert all(line.isprintable() for line in lines)
                shown += 1
    assert shown > len(places)


@pytest.mark.parametrize("facts", ["[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 5_000 + "}"])
def test_facts_nested_too_deep_or_of_too_many_digits_are_damage(tmp_path: Path, facts: str):
    checkpoint.save_model(tmp_path / "m", small_model())
    rewritten(tmp_path / "m", facts=facts)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load_model(tmp_path / "m")


def test_another_programs_safetensors_is_told_apart(tmp_path: Path):
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "other")
    with pytest.raises(CheckpointError, match="not one of rnngen's"):
        checkpoint.load_model(tmp_path / "other")


def test_a_training_state_is_no_model(tmp_path: Path):
    tensor_file.save_tensors(tmp_path / "t", "training", {}, {})
    with pytest.raises(CheckpointError, match="a model file is needed"):
        checkpoint.load_model(tmp_path / "t")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch):
    path = tmp_path / "m"
    checkpoint.save_model(path, small_model(seed=1))
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"No space left.*intact"):
        checkpoint.save_model(path, small_model(seed=2))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
