"""What is said of files: all of a whole one, and of a damaged one the part that is damaged."""

from __future__ import annotations

import dataclasses
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen import checkpoint, novelty, runs, tensor_file
from rnngen.errors import CheckpointError
from rnngen.forms.language import lexicon
from rnngen.inspection import inspect, inspect_file
from tests.models import small_model
from tests.test_hostile_checkpoints import parts, places, replaced, written
from tests.tokenizers.corpora import MemoryCorpus
from tests.training.short_runs import plan, run

TEXT = "an old silent pond\na frog jumps into the pond\nsplash silence again"
ORIGIN = {"corpus": {"description": {"files": ["fox.txt"]}, "digest": "0"}, "valid": None}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    whole = dataclasses.replace(
        small_model(),
        novelty=novelty.build(MemoryCorpus([TEXT])),
        lexicon=lexicon.build([TEXT]).to_tensors(),
    )
    checkpoint.save_model(tmp_path / runs.MODEL_FILE, whole)
    return tmp_path / runs.MODEL_FILE


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was stopped."""
    work = dataclasses.replace(plan(tmp_path_factory.mktemp("runs") / "r", steps=20), source=ORIGIN)
    run(work, stop_at=7)
    return work.folder


def wrong(path: Path) -> dict[str, str]:
    """What is said to be damaged, by part."""
    return {each.part: each.text for each in inspect_file(path).findings if not each.is_right}


def test_of_a_whole_model_everything_is_told(model: Path):
    report = inspect_file(model)
    assert (report.kind, report.is_whole) == ("model", True)
    told = {each.part: each.text for each in report.findings}
    assert told["model"].startswith("lstm, 1 x 8, 257 tokens, ")
    assert told["tokenizer"] == "byte, 257 tokens"
    assert told["words"] == "12 words of the text, for forms"
    assert told["novelty"].startswith("an index of the text's spans of 20 characters")
    assert told["others"] == "none"


def test_of_a_run_every_file_is_told(stopped: Path):
    reports = {each.path.name: each for each in inspect(str(stopped))}
    assert set(reports) == {file.name for file in stopped.iterdir()}
    assert runs.TRAINING_FILE in reports
    assert all(each.is_whole for each in reports.values()), reports
    told = {each.part: each.text for each in reports[runs.TRAINING_FILE].findings}
    assert told["progress"] == "at step 7 of 20, not finished"
    assert told["settings"] == "batches of 4 x 16 tokens, seed 0"
    assert told["text"] == "fox.txt"


@pytest.mark.parametrize("kind", ["flip", "cut", "longer"])
def test_any_changed_byte_is_noticed(model: Path, kind: str):
    content, rng = model.read_bytes(), random.Random(1)
    for _ in range(100):
        place = rng.randrange(len(content))
        flipped = bytes([content[place] ^ rng.randrange(1, 256)])
        changed = {
            "flip": content[:place] + flipped + content[place + 1 :],
            "cut": content[:place],
            "longer": content + content[:place] + b"x",
        }
        model.write_bytes(changed[kind])
        with suppress(CheckpointError):  # it now says that it is newer, or not rnngen's
            assert not inspect_file(model).is_whole


def test_of_a_model_that_is_wrong_in_one_part_that_part_is_named(tmp_path: Path):
    tensors, facts = parts(tmp_path / "m")
    wrongs: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "weights": ({"model.output.bias": np.full(257, np.nan, np.float32)}, {}),
        "model": ({"model.output.bias": np.zeros(3, np.float32)}, {}),
        "tokenizer": ({"tokenizer.seen": np.zeros(3, np.uint8)}, {}),
        "words": ({"lexicon.totals": np.zeros(3, np.int64)}, {}),
        "novelty": ({}, {"novelty": {"span": 0, "probes": 8}}),
        "facts": ({}, {"metrics": {"best_valid_bits_per_byte": []}}),
    }
    for part, (other_tensors, other_facts) in wrongs.items():
        written(tmp_path / "m", tensors | other_tensors, facts | other_facts)
        assert set(wrong(tmp_path / "m")) == {part}


def test_a_model_is_whole_where_it_can_be_loaded_and_only_there(tmp_path: Path):
    tensors, facts = parts(tmp_path / "m")
    odd: list[Any] = [None, True, -1, 10**9, 1.5, "", "lstm", [], [[]], {}, {"kind": []}]
    for place in places(facts):
        for value in odd:
            written(tmp_path / "m", tensors, replaced(facts, place, value))
            try:
                checkpoint.load_model(tmp_path / "m")
                can_be_loaded = True
            except CheckpointError:
                can_be_loaded = False
            report = inspect_file(tmp_path / "m")
            assert can_be_loaded or not report.is_whole, (place, value)


def test_of_a_state_that_is_wrong_in_one_part_that_part_is_named(stopped: Path, tmp_path: Path):
    tensors, facts = tensor_file.load_tensors(stopped / runs.TRAINING_FILE, "training")
    wrongs: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "moments": ({"exp_avg.output.bias": np.zeros(3, np.float32)}, {}),
        "progress": ({}, {"progress": {"step": -1}}),
        "settings": ({}, {"config": {"seed": "x"}}),
        "text": ({}, {"source": {"corpus": []}}),
    }
    for part, (other_tensors, other_facts) in wrongs.items():
        written(tmp_path / "t", tensors | other_tensors, facts | other_facts, "training")
        assert part in wrong(tmp_path / "t")
    for lacking in ("exp_avg_sq.embedding.weight", "state.0", "updates"):
        fewer = {name: array for name, array in tensors.items() if name != lacking}
        written(tmp_path / "t", fewer, facts, "training")
        assert set(wrong(tmp_path / "t")) == {"moments"}
        assert lacking in wrong(tmp_path / "t")["moments"]


def test_what_is_not_used_is_told_of(tmp_path: Path):
    tensors, facts = parts(tmp_path / "m")
    written(tmp_path / "m", {**tensors, "hidden.payload": np.zeros(40, np.uint8)}, facts)
    (others,) = (e for e in inspect_file(tmp_path / "m").findings if e.part == "others")
    assert others.text == "1 tensors that rnngen does not use, 40 bytes: hidden.payload"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "0 events; the last is none"),
        (b'{"event": "step", "step": 10}\n{"ev', "1 events, and one that was cut off; the last is"),
        (b'{"event": "step", "step": 10}\nx\n', "line 2 is no event"),
        (b'{"event": "step"}\n', "line 1 is no event"),
        (b"[" * 100_000 + b"\n", "line 1 is no event"),
        (b"\xff\n", "line 1 is no event"),
    ],
)
def test_a_log_is_whole_if_each_line_is_an_event(tmp_path: Path, content: bytes, text: str):
    (tmp_path / "log.jsonl").write_bytes(content)
    (finding,) = inspect(str(tmp_path / "log.jsonl"))[0].findings
    assert finding.text.startswith(text)
    assert finding.is_right == ("no event" not in text)


def test_what_is_not_there_or_not_ours_is_an_error(tmp_path: Path, model: Path):
    with pytest.raises(CheckpointError, match="no model or run called"):
        inspect("nothing")
    tensor_file.save_tensors(tmp_path / "t.safetensors", "tokenizer", {}, {})
    with pytest.raises(CheckpointError, match="holds a tokenizer, not a model"):
        inspect(str(tmp_path / "t.safetensors"))
