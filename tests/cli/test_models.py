"""`rnngen models`, and completion of their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def test_models_are_listed_with_what_they_are(rnngen, model, home):
    [line] = rnngen("models").stdout.splitlines()
    assert line.split("\t")[:3] == ["noise", "lstm", "byte"]
    [facts] = map(json.loads, rnngen("models", "--json").stdout.splitlines())
    assert facts["name"] == "noise"
    assert facts["path"] == str(home / "noise" / "model.safetensors")


@pytest.mark.parametrize(
    ("content", "damage"),
    [
        (b"", "an empty file"),
        (b"broken", "damaged or not a model of rnngen"),
        (b"\x02" + bytes(7) + b"{}", "damaged or not a model of rnngen"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
            "a Git LFS pointer; fetch the model with: git lfs pull",
        ),
    ],
)
def test_a_broken_model_is_listed_with_what_is_wrong(rnngen, model, model_file, content, damage):
    model_file.write_bytes(content)
    fields = rnngen("models").stdout.splitlines()[0].split("\t")
    assert (fields[:4], fields[6:]) == (["noise", "-", "-", "-"], [str(model_file), damage])
    facts = json.loads(rnngen("models", "--json").stdout)
    assert (facts["cell"], facts["broken"]) == (None, damage)


def test_a_model_that_was_cut_off_is_called_so(rnngen, model, model_file):
    whole = model_file.read_bytes()
    model_file.write_bytes(whole[:-1])
    fields = rnngen("models").stdout.splitlines()[0].split("\t")
    assert fields[7] == f"cut off: {len(whole) - 1} bytes of {len(whole)}"


def test_a_git_lfs_pointer_is_named_where_a_model_is_needed(rnngen, model, model_file):
    model_file.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    ran = rnngen("sample", model)
    assert (ran.exit_code, "a Git LFS pointer" in ran.error) == (1, True)


def test_no_models_is_no_error(rnngen):
    ran = rnngen("models")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "rnngen train" in ran.stderr


COMPLETE = """
import sys
from rnngen.cli import app
try:
    app(prog_name="rnngen")
finally:
    assert not {"numpy", "torch"} & sys.modules.keys()
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [("sample n", "noise"), ("sa", "sample"), ("sample --temp", "--temperature")],
)
def test_the_shell_completes_commands_options_and_models(home, model, shell, line, expected):
    words = ["rnngen", *line.split()]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "_RNNGEN_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(words),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
    }
    ran = subprocess.run(
        [sys.executable, "-c", COMPLETE], env=environment, capture_output=True, text=True
    )
    assert "AssertionError" not in ran.stderr
    assert expected in ran.stdout
