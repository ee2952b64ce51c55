"""Files of every shape that models and states have had are read for ever.

tests/golden/make trained each with the program of its time, which also said how much each token of
a text surprises its model. Those numbers are the oracle.
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen import checkpoint, runs
from rnngen.errors import CheckpointError
from rnngen.inspection import inspect_file

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = sorted(path.name.split(".")[0] for path in GOLDEN.glob("*.nats.jsonl"))
each_shape = pytest.mark.parametrize("name", NAMES)


def unpacked(name: str, file: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    content = gzip.decompress((GOLDEN / f"{name}.{file}.gz").read_bytes())
    (folder / file).write_bytes(content)
    return folder / file


def test_there_are_files_of_every_shape():
    assert NAMES == ["int8", "labels", "ngrams", "novelty", "plan", "today", "words"]


@each_shape
def test_a_model_reads_a_text_as_the_program_that_made_it(name: str, tmp_path: Path, rnngen):
    path = unpacked(name, runs.MODEL_FILE, tmp_path)
    report = inspect_file(path)
    assert report.is_whole, report
    shown = rnngen("score", path, GOLDEN / "scored.txt", "--tokens").stdout
    expected = events((GOLDEN / f"{name}.nats.jsonl").read_text(encoding="utf-8"))
    assert [each["id"] for each in events(shown)] == [each["id"] for each in expected]
    found, wanted = ([each["nats"] for each in side] for side in (events(shown), expected))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def events(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


@each_shape
def test_a_run_goes_on(name: str, tmp_path: Path, rnngen):
    folder = runs.home() / "r"
    unpacked(name, runs.TRAINING_FILE, folder)
    assert inspect_file(folder / runs.TRAINING_FILE).is_whole
    shutil.copy(GOLDEN / "text.txt", "text.txt")
    ran = rnngen("train", "text.txt", "--resume", "--name", "r", "--steps", 8, "--quiet")
    assert ran.exit_code == 0, ran.stderr
    assert inspect_file(folder / runs.MODEL_FILE).is_whole
    (progress,) = (
        each.text
        for each in inspect_file(folder / runs.TRAINING_FILE).findings
        if each.part == "progress"
    )
    assert progress == "at step 8 of 8, finished"


def test_a_newer_format_is_refused_with_what_to_do(tmp_path: Path):
    for file in (runs.MODEL_FILE, runs.TRAINING_FILE):
        path = unpacked("today", file, tmp_path)
        content = path.read_bytes()
        newer = content.replace(b'"format_version":"1"', b'"format_version":"2"')
        assert newer != content
        path.write_bytes(newer)
        with pytest.raises(CheckpointError) as caught:
            inspect_file(path)
        assert str(caught.value) == (f"{path}: format 2, this rnngen reads up to 1; update rnngen.")
    with pytest.raises(CheckpointError, match="format 2"):
        checkpoint.load_model(tmp_path / runs.MODEL_FILE)
