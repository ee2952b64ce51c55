"""`rnngen shrink`."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnngen import checkpoint, runs


@pytest.mark.parametrize("weights", ["int8", "fp16"])
def test_a_smaller_file_writes_nearly_the_same(rnngen, model, home, weights):
    ran = rnngen("shrink", "noise", "--weights", weights)
    assert ran.exit_code == 0
    name = f"noise-{weights}"
    assert name in ran.stderr
    facts = json.loads(rnngen("info", name, "--json").stdout)
    assert facts["storage"] == weights
    whole, small = (
        checkpoint.load_model(runs.find_model(called)).weights for called in ("noise", name)
    )
    for called, array in whole.items():
        np.testing.assert_allclose(small[called], array, atol=np.abs(array).max() / 250)
    assert rnngen("sample", name, "--length", 5).exit_code == 0


@pytest.mark.parametrize(
    ("stored", "asked", "hint"),
    [
        ("int8", "int8", "It cannot be smaller."),
        ("int8", "fp16", "It cannot be smaller."),
        ("int8", "fp32", "It cannot be smaller."),
        ("fp16", "fp16", "--weights int8 is smaller."),
        ("fp32", "fp32", "--weights int8 is smaller."),
    ],
)
def test_what_would_be_no_smaller_is_refused(rnngen, model, home, stored, asked, hint):
    if stored != "fp32":
        rnngen("shrink", "noise", "--weights", stored, "--name", "a")
    source = "noise" if stored == "fp32" else "a"
    ran = rnngen("shrink", source, "--weights", asked, "--name", "b")
    assert f"its weights are {stored} already, so {asked} makes it no smaller. {hint}" in ran.error
    assert ran.exit_code == 1
    assert not (home / "b").exists()


def test_what_cannot_be_is_refused_in_one_line(rnngen, model, home):
    assert "--weights must be one of" in rnngen("shrink", "noise", "--weights", "int4").error
    assert "no model called" in rnngen("shrink", "nothing").error
    assert "name a model" in rnngen("shrink").error
    rnngen("shrink", "noise")
    again = rnngen("shrink", "noise").error
    assert "noise-int8 holds a model; replace it with --overwrite" in again
    assert "--resume" not in again


def test_a_model_is_shrunk_in_place(rnngen, model, model_file):
    before = model_file.stat().st_size
    assert rnngen("shrink", "noise", "--name", "noise", "--overwrite", "--quiet").stderr == ""
    assert model_file.stat().st_size < before
    assert [file.name for file in model_file.parent.iterdir()] == [runs.MODEL_FILE]


def whole_run(folder: Path) -> dict[str, bytes]:
    """A run's folder with a state and a log beside its model, and what all of them hold."""
    (folder / runs.TRAINING_FILE).write_bytes(b"a state")
    (folder / runs.LOG_FILE).write_bytes(b"a log")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_full_disk_leaves_the_model_its_state_and_its_log(rnngen, model, model_file, monkeypatch):
    before = whole_run(model_file.parent)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        ran = rnngen("shrink", "noise", "--name", "noise", "--overwrite")
    assert (ran.exit_code, "No space left on device" in ran.error) == (1, True)
    assert {file.name: file.read_bytes() for file in model_file.parent.iterdir()} == before
    assert rnngen("shrink", "noise", "--name", "new").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert rnngen("shrink", "noise", "--name", "newer").exit_code == 1
    assert not (model_file.parent.parent / "newer").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
def test_a_disk_that_is_full_in_truth_leaves_them_too(rnngen, model, model_file, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    try:
        shutil.copytree(model_file.parent, disk / "noise")
        before = whole_run(disk / "noise")
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free - 4096))
        ran = rnngen("shrink", disk / "noise", "-o", disk / "noise", "--overwrite")
        assert (ran.exit_code, "No space left on device" in ran.error) == (1, True)
        assert {file.name: file.read_bytes() for file in (disk / "noise").iterdir()} == before
        (disk / "filler").unlink()
        assert rnngen("shrink", disk / "noise", "-o", disk / "noise", "--overwrite").exit_code == 0
        assert [file.name for file in (disk / "noise").iterdir()] == [runs.MODEL_FILE]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # a model may still be mapped


def test_a_run_that_is_being_trained_is_not_replaced(rnngen, model, model_file):
    pytest.importorskip("fcntl", reason="this system has no such locks")
    before = model_file.read_bytes()
    with runs.owned(model_file.parent):
        ran = rnngen("shrink", "noise", "--name", "noise", "--overwrite")
    assert "is training this run" in ran.error
    assert model_file.read_bytes() == before
