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
    (home / "noise" / "model.safetensors").write_bytes(b"broken")
    assert rnngen("models").stdout.startswith("noise\tNone")


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
