"""Files from anyone: whatever they say, they are used as they should be, or refused in one line."""

from __future__ import annotations

import dataclasses
import json
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import api, checkpoint, novelty, tensor_file
from rnngen.errors import CheckpointError, RnngenError
from rnngen.forms.language import lexicon
from tests.models import small_model
from tests.tokenizers.corpora import MemoryCorpus

pytestmark = pytest.mark.hypothesis

TEXT = "an old silent pond\na frog jumps into the pond\nsplash silence again"
ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    1e308,
    10**9,
    2**63 - 1,
    "",
    "lstm",
    "\x1b]52;c;AAAA\x07",
    [],
    [[]],
    {},
    {"kind": []},
    [1, 2, 3],
]


def written(path: Path, tensors: dict[str, Any], facts: Any, kind: str = "model") -> Path:
    """A file whose digest fits what it says, whatever that is."""
    text = facts if isinstance(facts, str) else json.dumps(facts)
    metadata = {"rnngen": kind, "format_version": "1", "facts": text}
    metadata["digest"] = tensor_file._digest(kind, text, tensors)
    header: dict[str, Any] = {"__metadata__": metadata}
    names = {np.dtype(dtype): name for name, dtype in tensor_file.DTYPES.items()}
    body = b""
    for name, array in tensors.items():
        place = [len(body), len(body) + array.nbytes]
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": place,
        }
        body += np.ascontiguousarray(array).tobytes()
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + body)
    return path


def parts(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and facts of a small model that is in order, and has all that a model can."""
    model = dataclasses.replace(
        small_model(),
        novelty=novelty.build(MemoryCorpus([TEXT])),
        lexicon=lexicon.build([TEXT]).to_tensors(),
    )
    checkpoint.save_model(path, model)
    return tensor_file.load_tensors(path, "model")


def used(path: Path) -> None:
    """Use the model for all that its facts and tensors bear on, or be refused."""
    with suppress(RnngenError):
        model = api.load(path)
        model.sample(length=3)
        json.dumps(checkpoint.describe(path, checkpoint.load_model(path)))
        model.write_form("haiku", particles=2, novel=30)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all values within a JSON value."""
    items = value.items() if isinstance(value, dict) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    return {**value, place[0]: replaced(value[place[0]], place[1:], new)}


@given(st.data())
def test_a_fact_of_another_type_is_refused_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, data
):
    path = tmp_path_factory.getbasetemp() / "facts"
    tensors, facts = parts(path)
    place = data.draw(st.sampled_from(places(facts)))
    used(written(path, tensors, replaced(facts, place, data.draw(st.sampled_from(ODD)))))


@given(st.data())
def test_a_tensor_of_another_shape_or_type_is_refused_or_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, data
):
    path = tmp_path_factory.getbasetemp() / "tensors"
    tensors, facts = parts(path)
    name = data.draw(st.sampled_from(sorted(tensors)))
    dtype = data.draw(st.sampled_from(list(tensor_file.DTYPES.values())))
    shape = data.draw(st.lists(st.integers(0, 4), max_size=4))
    content = data.draw(st.sampled_from([0, 1, 127]))
    changed = {**tensors, name: np.full(shape, content).astype(dtype)}
    if data.draw(st.booleans()):
        del changed[name]
    used(written(path, changed, facts))


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested more than 32 deep"),
        ("[" * 31 + "]" * 31, "not an object"),
        ('{"a": 1' + "0" * 5000 + "}", "damaged"),
        ('{"a": NaN}', "NaN is not a finite number"),
        ('{"a": 1e999}', "1e999 is not a finite number"),
        ('{"a": 1, "a": 2}', "given twice"),
        ('{"a": [' + "0," * 2_000_000 + "0]}", "too many parts"),
        ('{"a": "' + "[" * 100 + '\\"[["}', "model is missing|not a model"),
    ],
)
def test_json_that_no_file_of_ours_has_is_refused(tmp_path: Path, facts: str, message: str):
    with pytest.raises(CheckpointError, match=message):
        checkpoint.load_model(written(tmp_path / "m", {}, facts))


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": 1, "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1], "data_offsets": [1, 5]},
        {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 4]},
        {"dtype": "F32", "shape": [1, 1, 1, 1, 1], "data_offsets": [0, 4]},
        {"dtype": "F32", "shape": [1 << 62, 4], "data_offsets": [0, 1 << 66]},
        {"dtype": [], "shape": [1], "data_offsets": [0, 4]},
        {"dtype": "F32"},
        [],
    ],
)
def test_a_header_that_does_not_fit_the_file_is_refused(tmp_path: Path, entry: Any):
    metadata = {"rnngen": "model", "format_version": "1", "facts": "{}", "digest": "0"}
    head = json.dumps({"__metadata__": metadata, "a": entry}).encode()
    (tmp_path / "m").write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
    with pytest.raises(CheckpointError, match="m: damaged or not a checkpoint"):
        tensor_file.read_header(tmp_path / "m", "model")


def test_a_config_of_a_billion_layers_costs_nothing(tmp_path: Path):
    tensors, facts = parts(tmp_path / "m")
    facts["model"]["num_layers"] = 10**9
    with pytest.raises(CheckpointError, match="num_layers` must be at most 64"):
        checkpoint.load_model(written(tmp_path / "m", tensors, facts))


def test_a_scale_cannot_blow_up_a_tensor(tmp_path: Path):
    """int8 (1, N) times a scale (M,) would broadcast to (M, N)."""
    tensors, facts = parts(tmp_path / "m")
    vocab, width = tensors["model.embedding.weight"].shape
    tensors["model.embedding.weight"] = np.zeros((1, width), np.int8)
    tensors["model.scale.embedding.weight"] = np.zeros(vocab, np.float32)
    with pytest.raises(CheckpointError, match=r"embedding\.weight should have shape"):
        checkpoint.load_model(written(tmp_path / "m", tensors, facts))


def test_weights_that_are_not_finite_are_refused(tmp_path: Path):
    tensors, facts = parts(tmp_path / "m")
    tensors["model.output.bias"][3] = np.nan
    with pytest.raises(CheckpointError, match=r"output\.bias has numbers that are not finite"):
        checkpoint.load_model(written(tmp_path / "m", tensors, facts))
