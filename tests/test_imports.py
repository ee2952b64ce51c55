"""What starting the program loads, and who may import whom (see the layout in the README)."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen import checkpoint
from rnngen.forms import lexicon
from tests.conftest import ROOT
from tests.models import small_model

PACKAGE = ROOT / "rnngen"
TORCH = {
    "model.py",
    "gru.py",
    "dropout.py",
    "replicas.py",
    "learner.py",
    "train.py",
    "distributed.py",
    "device.py",
    "score/adapt.py",
    "runtime/torch.py",
    "tensorboard.py",
}
ONLY_IN = {
    "torch": TORCH,
    "sentencepiece": {"tokenizers/subword.py", "tokenizers/subword_training.py"},
    "fsspec": {"corpus/remote.py"},
    "typer": {"cli"},
    "rich": {"console"},
    "matplotlib": {"figure.py"},
}

LOADED = """
import json, sys
from rnngen.cli import app
try:
    app(sys.argv[1:], prog_name="rnngen")
except SystemExit as stop:
    assert not stop.code, stop.code
print("\\n" + json.dumps(sorted(sys.modules)))
"""


def loaded_by(*arguments: str) -> set[str]:
    """The modules that are there once a command has run."""
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("train",),
        ("sample",),
        ("score",),
        ("check",),
        ("forms",),
        ("info",),
        ("plot",),
        ("tokenize",),
    ],
)
def test_help_loads_nothing_heavy(command: tuple[str, ...]):
    modules = loaded_by(*command, "--help")
    heavy = {"numpy", "torch", "sentencepiece", "safetensors", "rich.console", "rich.progress"}
    assert not modules & heavy


def test_sampling_a_char_model_loads_neither_torch_nor_sentencepiece(tmp_path: Path):
    checkpoint.save_model(tmp_path / "m.safetensors", small_model())
    modules = loaded_by("sample", str(tmp_path / "m.safetensors"), "ab", "--length", "5")
    assert "numpy" in modules
    assert not modules & {"torch", "sentencepiece", "rich.console", "pydantic", "numpy.ma"}


def test_writing_a_form_loads_neither_torch_nor_sentencepiece(tmp_path: Path):
    documents = ["old pond a frog leaps in the sound of water"]
    model = dataclasses.replace(small_model(), lexicon=lexicon.build(documents).to_tensors())
    checkpoint.save_model(tmp_path / "m.safetensors", model)
    modules = loaded_by("sample", str(tmp_path / "m.safetensors"), "--form", "haiku")
    assert "rnngen.forms.search" in modules
    assert not modules & {"torch", "sentencepiece", "rich.console"}


@pytest.mark.parametrize("options", [(), ("--tokens",), ("--rank",)])
def test_scoring_with_a_char_model_loads_neither_torch_nor_rich(tmp_path: Path, options):
    checkpoint.save_model(tmp_path / "m.safetensors", small_model())
    (tmp_path / "poem.txt").write_text("old pond\n")
    modules = loaded_by(
        "score", str(tmp_path / "m.safetensors"), str(tmp_path / "poem.txt"), *options
    )
    assert not modules & {"torch", "sentencepiece", "rich.console", "pydantic", "numpy.ma"}


def imports(path: Path) -> set[str]:
    """The top-level modules a file imports, at its head or inside a function, but for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("module", sorted(ONLY_IN))
def test_heavy_packages_are_imported_only_where_they_belong(module: str):
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if module in imports(path)
    }
    allowed = ONLY_IN[module]
    assert {f for f in found if f not in allowed and f.split("/")[0] not in allowed} == set()
