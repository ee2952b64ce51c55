"""`rnngen models`, and completion of their names."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from rnngen import checkpoint
from tests.conftest import ROOT
from tests.models import small_model


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


@pytest.fixture
def screen(monkeypatch) -> Callable[[int], None]:
    """Makes stdout a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr("rnngen.cli.models._is_terminal", lambda: True)

    return of


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_models_are_a_table_that_fits(rnngen, model, home, screen, columns):
    for name in ("a-name-that-is-much-longer-than-any-name-should-be", "b"):
        shutil.copytree(home / "noise", home / name)
    (home / "b" / "model.safetensors").write_bytes(b"broken")
    rnngen("models", "default", "noise")
    screen(columns)
    head, *lines = rnngen("models").stdout.splitlines()
    assert head.split() == ["name", "cell", "tokens", "bits/byte", "size", "written", "folder"]
    assert max(map(len, [head, *lines])) <= columns
    assert len(lines) == 3
    [marked] = [line for line in lines if line.startswith("*")]
    assert marked.split()[1] == "noise"
    assert "\t" not in rnngen("models").stdout
    [broken] = [line for line in lines if line.split()[0] == "b"]
    assert broken.split()[1:4] == ["-", "-", "-"]
    assert "damaged or not" in broken
    assert {line[head.index("folder") - 1] for line in lines} == {" "}


def test_what_a_file_says_cannot_steer_a_terminal(rnngen, home, screen):
    (home / "a\u202eb").mkdir(parents=True)
    odd = dataclasses.replace(small_model(), facts={"version": "\x1b]0;x\x07", "corpus": {}})
    checkpoint.save_model(home / "a\u202eb" / "model.safetensors", odd)
    shown = [rnngen("models").stdout, rnngen("info", "a\u202eb").stdout]
    shown.append(rnngen("info", "--all", "a\u202eb").stdout)
    screen(80)
    shown.append(rnngen("models").stdout)
    for text in shown:
        assert "a\\u202eb" in text
        assert all(char.isprintable() or char in "\t\n" for char in text)


def test_one_bad_file_does_not_hide_the_others(rnngen, model, home):
    for number, content in enumerate((b"[" * 100_000, b"\xff" * 9, b"")):
        (home / f"bad{number}").mkdir()
        head = len(content).to_bytes(8, "little")
        (home / f"bad{number}" / "model.safetensors").write_bytes(head + content)
    listed = rnngen("models").stdout.splitlines()
    assert {line.split("\t")[0] for line in listed} == {"noise", "bad0", "bad1", "bad2"}
    assert sum("damaged" in line for line in listed) == 3
    assert len(rnngen("models", "--json").stdout.splitlines()) == 4


def test_info_is_short_for_people_and_whole_on_request(rnngen, model):
    short, whole = rnngen("info", model).stdout, rnngen("info", model, "--all").stdout
    assert 8 <= len(short.splitlines()) <= 12
    assert short.splitlines()[0].split() == ["name", "noise"]
    keys = json.loads(rnngen("info", model, "--json").stdout).keys()
    assert {line.split()[0].split(".")[0] for line in whole.splitlines()} >= keys - {
        *("corpus", "training")  # they are empty here
    }


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
    [
        ("sample n", "noise"),
        ("sa", "sample"),
        ("sample --temp", "--temperature"),
        ("score n", "noise"),
        ("info n", "noise"),
        ("shrink n", "noise"),
        ("models re", "rename"),
        ("models rename n", "noise"),
        ("models rm sto", "stopped"),
        ("models default n", "noise"),
        ("models path n", "noise"),
        ("train --resume --name sto", "stopped"),
        ("train --init-from n", "noise"),
        ("train --cell g", "gru"),
        ("train --documents sec", "section"),
        ("train --precision b", "bf16"),
        ("train --tokenizer sub", "subword"),
        ("train --device m", "mps"),
        ("sample --until sent", "sentence"),
        ("shrink --weights fp1", "fp16"),
    ],
)
def test_the_shell_completes_commands_options_and_names(home, model, shell, line, expected):
    (home / "stopped").mkdir()
    (home / "stopped" / "training.safetensors").touch()
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
