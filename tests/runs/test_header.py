"""Heads of files that may hold anything: described in a line, whatever they are."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import checkpoint, runs
from rnngen.runs import header
from tests.models import small_model

FACTS = {"model": {"cell": "lstm"}, "tokenizer": {"kind": "byte"}, "metrics": {}}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def write(path: Path, head: bytes, after: bytes = b"") -> Path:
    path.write_bytes(struct.pack("<Q", len(head)) + head + after)
    return path


def file_of(path: Path, facts: Any, tensors: Any = None, **metadata: Any) -> Path:
    about = {"rnngen": "model", "facts": json.dumps(facts), **metadata}
    return write(path, json.dumps({"__metadata__": about, **(tensors or {})}).encode())


def test_a_whole_model_has_its_facts(tmp_path: Path):
    checkpoint.save_model(tmp_path / "m", small_model())
    facts, damage = runs.peek(tmp_path / "m")
    assert damage == ""
    assert facts["model"]["hidden_size"] == 8


def test_the_facts_that_a_model_needs_are_looked_for(tmp_path: Path):
    assert runs.peek(file_of(tmp_path / "m", FACTS)) == (FACTS, "")
    for key in ("model", "tokenizer"):
        lacking = {k: v for k, v in FACTS.items() if k != key}
        assert runs.peek(file_of(tmp_path / "m", lacking)) == ({}, header.DAMAGED)


@pytest.mark.parametrize("key", ["model", "tokenizer", "metrics", "corpus", "training"])
@pytest.mark.parametrize("value", [None, 3, "text", [1], [[]], True])
def test_a_wrong_type_is_damage(tmp_path: Path, key: str, value: Any):
    file = file_of(tmp_path / "m", {**FACTS, key: value})
    assert runs.peek(file) == ({}, header.DAMAGED)


@pytest.mark.parametrize(
    "head",
    [
        b"[]",
        b"{}",
        b"3",
        b'{"__metadata__": 3}',
        b'{"__metadata__": {"rnngen": "model"}}',
        b'{"__metadata__": {"rnngen": ["model"], "facts": "{}"}}',
        b'{"__metadata__": {"rnngen": "model", "facts": 7}}',
        b'{"__metadata__": {"rnngen": "model", "facts": "[]"}}',
        b'{"__metadata__": {"rnngen": "model", "facts": "{"}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"\xff\xfe\x00",
    ],
)
def test_a_head_that_says_nothing_is_damage(tmp_path: Path, head: bytes):
    assert runs.peek(write(tmp_path / "m", head)) == ({}, header.DAMAGED)


@pytest.mark.parametrize("facts", ["[" * 100_000, '{"a":' * 100_000, '{"model": ' + "9" * 5_000])
def test_facts_that_cannot_be_read_are_damage(tmp_path: Path, facts: str):
    about = {"rnngen": "model", "facts": facts}
    file = write(tmp_path / "m", json.dumps({"__metadata__": about}).encode())
    assert runs.peek(file) == ({}, header.DAMAGED)


@pytest.mark.parametrize(
    "entry",
    [None, 3, [], {}, {"data_offsets": 3}, {"data_offsets": [0, "9"]}, {"data_offsets": []}],
)
def test_a_tensor_that_ends_nowhere_is_damage(tmp_path: Path, entry: Any):
    assert runs.peek(file_of(tmp_path / "m", FACTS, {"a": entry})) == ({}, header.DAMAGED)


@pytest.mark.parametrize("end", [1e400, -5, 2.5, True, None])
def test_an_end_that_is_no_place_is_damage(tmp_path: Path, end: Any):
    file = file_of(tmp_path / "m", FACTS, {"a": {"data_offsets": [0, end]}})
    assert runs.peek(file) == ({}, header.DAMAGED)


def test_a_length_that_no_header_has_is_not_read(tmp_path: Path):
    for length in (2**64 - 1, 10**9, 9):
        (tmp_path / "m").write_bytes(struct.pack("<Q", length) + b"{}")
        assert runs.peek(tmp_path / "m") == ({}, header.DAMAGED)


def test_a_header_longer_than_any_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = file_of(tmp_path / "m", FACTS)
    monkeypatch.setattr(header, "MOST_HEADER_BYTES", file.stat().st_size - 8)
    assert runs.peek(file) == (FACTS, "")
    monkeypatch.setattr(header, "MOST_HEADER_BYTES", file.stat().st_size - 9)
    assert runs.peek(file) == ({}, header.DAMAGED)


def test_another_kind_of_file_is_called_what_it_is(tmp_path: Path):
    file = file_of(tmp_path / "m", FACTS, rnngen="training")
    assert runs.peek(file) == ({}, "holds a training state, not a model")
    file = file_of(tmp_path / "m", FACTS, rnngen="x" * 1000)
    assert len(runs.peek(file)[1]) < 60


@given(ANYTHING, st.dictionaries(st.text(max_size=5), ANYTHING, max_size=3))
def test_nothing_that_a_head_says_raises(tmp_path_factory, facts: Any, tensors: Any):
    file = tmp_path_factory.mktemp("heads") / "m"
    found, damage = runs.peek(file_of(file, facts, tensors))
    assert isinstance(found, dict)
    assert found or damage


def test_a_folder_in_place_of_a_model_is_described(tmp_path: Path):
    assert runs.peek(tmp_path)[1].startswith("cannot be read: ")


@pytest.mark.parametrize(
    ("progress", "is_finished"),
    [
        ({"stopped": "finished"}, True),
        ({"stopped": "patience"}, True),
        ({"stopped": ""}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_run_is_finished_when_its_state_says_so(tmp_path: Path, progress, is_finished: bool):
    assert runs.is_finished(tmp_path)
    (tmp_path / runs.LOCK_FILE).touch()
    assert not runs.is_finished(tmp_path)
    file_of(tmp_path / runs.TRAINING_FILE, {"progress": progress}, rnngen="training")
    assert runs.is_finished(tmp_path) is is_finished
