"""`rnngen models default`, `path`, `rename`, `rm`, `rnngen clean`, and which model is taken."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen.files import replace_folder
from tests.cli.small import SMALL, words
from tests.conftest import ROOT


def test_without_a_name_a_line_says_which_model_is_taken(rnngen, model, home):
    (home / "newer").mkdir()
    shutil.copy(home / model / "model.safetensors", home / "newer")
    os.utime(home / model / "model.safetensors", (1e9, 1e9))
    line = "rnngen: note: using newer, the newest. Name one to choose another.\n"
    assert rnngen("sample", "--length", 3).stderr.startswith(line)
    assert rnngen("info").stderr == line
    assert "using" not in rnngen("sample", "noise", "--length", 3).stderr
    assert rnngen("models", "default", "noise").stderr == ""
    assert rnngen("models", "default").stdout == "noise\n"
    assert "using noise, your default." in rnngen("info").stderr
    rnngen("models", "default", "--unset")
    assert rnngen("info").stderr == line


def test_a_text_alone_is_scored_with_the_usual_model(rnngen, model, tmp_path):
    (tmp_path / "poem.txt").write_text("old pond\n")
    named = rnngen("score", model, tmp_path / "poem.txt", "--json")
    alone = rnngen("score", tmp_path / "poem.txt", "--json")
    assert alone.stdout == named.stdout
    assert "using noise, the newest." in alone.stderr
    assert "using" not in named.stderr
    assert "name a model, then a text" in rnngen("score", model).error


def test_the_environment_names_a_model(rnngen, model, monkeypatch):
    monkeypatch.setenv("RNNGEN_MODEL", model)
    assert "using noise, as RNNGEN_MODEL says." in rnngen("info").stderr


def test_a_path_is_printed_for_scripts(rnngen, model, model_file):
    assert rnngen("models", "path", model).stdout == f"{model_file}\n"
    assert "no model called" in rnngen("models", "path", "fox").error
    assert "name a model" in rnngen("models", "path").error


def test_names_are_changed_and_models_removed(rnngen, model, home):
    assert rnngen("models", "rename", model, "quiet").exit_code == 0
    assert rnngen("info", "quiet").exit_code == 0
    assert "its new name" in rnngen("models", "rename", "quiet").error
    ran = rnngen("models", "rm", "quiet")
    assert (ran.exit_code, "Add --yes to do it." in ran.error) == (2, True)
    assert (home / "quiet").is_dir()
    assert rnngen("models", "rm", "quiet", "--yes").exit_code == 0
    assert not (home / "quiet").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("models remove noise", "Did you mean rm?"),
        ("models renam a b", "Did you mean rename?"),
        ("models frob", "rnngen models --help lists them."),
        ("models default noise --unset", "--unset takes no name"),
    ],
)
def test_a_wrong_command_is_answered_by_the_right_one(rnngen, model, line: str, said: str):
    ran = rnngen(*line.split())
    assert (ran.exit_code, said in ran.error) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "is_gone"), [("n", False), ("", False), ("y", True)])
def test_on_a_terminal_it_asks_before_it_deletes(home, model, answer: str, is_gone: bool):
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnngen", "models", "rm", model],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    os.write(outside, f"{answer}\n".encode())
    assert process.wait() == 0
    seen = os.read(outside, 10_000).decode()
    os.close(outside)
    assert "[y/N]" in seen
    assert ("nothing was deleted" in seen) is not is_gone
    assert (home / model).exists() is not is_gone


def test_kept_tokens_are_shown_and_deleted_and_made_again(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    assert "nothing to delete" in rnngen("clean").stderr
    train = ("train", text, *SMALL, "--steps", 2, "--quiet")
    assert rnngen(*train).exit_code == 0
    kept = [json.loads(line) for line in rnngen("clean", "--json").stdout.splitlines()]
    on_disk = [p for p in (home / ".tokens").rglob("*") if p.is_file()]
    assert sum(entry["bytes"] for entry in kept) == sum(p.stat().st_size for p in on_disk)
    for options in (("--dry-run",), ()):
        ran = rnngen("clean", *options)
        assert ran.exit_code == (0 if options else 2)
        shown, other = (ran.stdout, ran.stderr) if options else (ran.stderr, ran.stdout)
        assert all(Path(entry["path"]).name in shown for entry in kept)
        assert "a text of" in shown
        assert "a tokenizer" in shown
        assert "store-" not in other
    assert {p for p in (home / ".tokens").rglob("*") if p.is_file()} == set(on_disk)
    ran = rnngen("clean", "--yes")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert not (home / ".tokens").exists()
    assert rnngen("train", "--resume", "--name", "text", "--steps", 3, "--quiet").exit_code == 0


def test_a_text_that_is_being_cut_into_tokens_is_left_alone(rnngen, home):
    tokens = home / ".tokens"
    (tokens / "store-2").mkdir(parents=True)
    with replace_folder(tokens / "store-1"):
        [busy] = tokens.glob(".*")
        assert rnngen("clean", "--yes").exit_code == 0
        assert list(tokens.iterdir()) == [busy]


@pytest.mark.parametrize("mark", ["1a2b3c4d", "1a2b3c", "4711"])
def test_what_a_killed_process_left_half_written_is_deleted(rnngen, home, mark):
    """Named at random, as now, or by the number of the process, as before."""
    tokens = home / ".tokens"
    (tokens / f".store-1.{mark}.part" / "new").mkdir(parents=True)
    (tokens / f".tokenizer-2.safetensors.{mark}.part").write_bytes(b"half")
    shown = rnngen("clean", "--dry-run").stdout
    assert f".store-1.{mark}.part" in shown
    assert f".tokenizer-2.safetensors.{mark}.part" in shown
    assert rnngen("clean", "--yes").exit_code == 0
    assert not tokens.exists()
