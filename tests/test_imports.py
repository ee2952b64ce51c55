"""What starting the program loads, and who may import whom."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen import checkpoint
from rnngen.forms.language import lexicon
from tests.conftest import ROOT
from tests.models import small_model

PACKAGE = ROOT / "rnngen"

# Every folder and file of the package, from the bottom up. A file imports only what stands on a
# lower level, or in its own folder.
LEVELS = (
    (
        "canonical",
        "cores",
        "counts",
        "config",
        "controls",
        "errors",
        "files",
        "suggest",
        "tensor_file",
        "untrusted_json",
        "version",
    ),
    ("corpus", "tokenizers"),
    ("dataset", "model", "novelty"),
    ("checkpoint", "forms.language", "model.torch", "runs"),
    ("forms.automata", "sampling", "score"),
    ("forms", "training"),
    ("analysis", "export", "inspection", "plotting"),
    ("language_model",),
    ("api",),
    ("", "console"),
    ("cli",),
    ("__main__",),
)
# On the lowest level, where files stand alone, these may import one another.
FOUNDATION = LEVELS[0]

ONLY_IN = {
    "torch": {
        "model.torch",
        "score.adapt",
        "training.device",
        "training.adamw",
        "training.learner",
        "training.processes",
        "training.reporter",
        "training.run",
        "training.step_budget",
        "training.tensorboard",
        "training.threads",
    },
    "sentencepiece": {"tokenizers"},
    "fsspec": {"corpus.remote"},
    "typer": {"cli"},
    "rich": {"console"},
    "matplotlib": {"analysis.pictures", "plotting.figure"},
    "onnx": {"export.onnx_graph"},
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
        ("models",),
        ("models", "rm"),
        ("clean",),
        ("shrink",),
        ("plot",),
        ("explain",),
        ("compare",),
        ("export",),
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


def test_writing_a_page_loads_neither_torch_nor_onnx(tmp_path: Path):
    checkpoint.save_model(tmp_path / "m.safetensors", small_model())
    modules = loaded_by("export", str(tmp_path / "m.safetensors"), "-o", str(tmp_path / "m.html"))
    assert not modules & {"torch", "sentencepiece", "onnx", "rich.console"}


@pytest.mark.parametrize("options", [(), ("--tokens",), ("--rank",)])
def test_scoring_with_a_char_model_loads_neither_torch_nor_rich(tmp_path: Path, options):
    checkpoint.save_model(tmp_path / "m.safetensors", small_model())
    (tmp_path / "poem.txt").write_text("old pond\n")
    modules = loaded_by(
        "score", str(tmp_path / "m.safetensors"), str(tmp_path / "poem.txt"), *options
    )
    assert not modules & {"torch", "sentencepiece", "rich.console", "pydantic", "numpy.ma"}


def test_explaining_with_a_char_model_loads_neither_torch_nor_rich(tmp_path: Path):
    checkpoint.save_model(tmp_path / "m.safetensors", small_model())
    modules = loaded_by("explain", str(tmp_path / "m.safetensors"), "old pond")
    assert "rnngen.analysis.explain" in modules
    assert not modules & {"torch", "sentencepiece", "rich.console", "matplotlib"}


def modules() -> dict[str, Path]:
    """Every module of the package, by its name without "rnngen." in front."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts).removesuffix("__init__").removesuffix(".")] = path
    return found


MODULES = modules()


def imported(path: Path) -> set[str]:
    """All that a file imports: at its head, inside functions, and for types only.

    What `from rnngen.x import y` means is `rnngen.x.y` if that is a module, else `rnngen.x`.
    """
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            full = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            names |= {
                name if name.removeprefix("rnngen.") in MODULES else str(node.module)
                for name in full.values()
            }
    return names


IMPORTS = {name: imported(path) for name, path in MODULES.items()}


def own(names: set[str]) -> set[str]:
    """Those of this package, without "rnngen." in front."""
    return {
        name.removeprefix("rnngen").removeprefix(".")
        for name in names
        if name.split(".")[0] == "rnngen"
    }


def place(module: str) -> tuple[int, str]:
    """The level of a module, and the entry of `LEVELS` that it belongs to."""
    fits = [
        (len(entry), level, entry)
        for level, entries in enumerate(LEVELS)
        for entry in entries
        if module == entry or (entry and module.startswith(f"{entry}."))
    ]
    _, level, entry = max(fits)
    return level, entry


@pytest.mark.parametrize("module", MODULES)
def test_a_file_imports_only_lower_levels_or_its_own_folder(module: str):
    level, entry = place(module)
    wrong = {
        other
        for other in own(IMPORTS[module])
        if not (place(other)[0] < level or place(other)[1] == entry)
        and not (entry in FOUNDATION and place(other)[1] in FOUNDATION)
    }
    assert wrong == set()


def test_no_modules_import_each_other_in_a_circle():
    left = {module: own(names) - {module} for module, names in IMPORTS.items()}
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert left == {}


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_heavy_packages_are_imported_only_where_they_belong(package: str):
    found = {
        module
        for module, names in IMPORTS.items()
        if package in {name.split(".")[0] for name in names}
    }
    allowed = ONLY_IN[package]
    assert found
    assert {m for m in found if not any(f"{m}.".startswith(f"{a}.") for a in allowed)} == set()
