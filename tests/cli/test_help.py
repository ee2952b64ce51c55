"""Help that is true: the list of commands says what they say, every example runs."""

from __future__ import annotations

import dataclasses
import gzip
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from rnngen import checkpoint, cli
from rnngen.forms.language.lexicon import build
from tests.conftest import ROOT
from tests.models import small_model

GROUP: Any = typer.main.get_command(cli.app)
COMMANDS = {name: GROUP.get_command(None, name) for name in sorted(cli.COMMANDS)}
COMMANDS |= {
    f"{name} {own}": found
    for name, command in COMMANDS.items()
    for own, found in getattr(command, "commands", {}).items()
}


def examples_of(command: str) -> list[str]:
    return re.findall(r"^ +(.*rnngen .*)$", COMMANDS[command].epilog, re.MULTILINE)


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_the_list_of_commands_says_what_their_help_says(command: str):
    first = " ".join(COMMANDS[command].help.split("\n\n")[0].split())
    assert first == cli.COMMANDS[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_three_examples(command: str, rnngen):
    assert len(examples_of(command)) == 3
    shown = rnngen(*command.split(), "--help").stdout
    assert all(example in shown for example in examples_of(command))


@pytest.fixture
def fresh_clone(tmp_path: Path) -> Path:
    """A folder as after `git clone`, with the shipped models and shorter texts, and a few files
    of a user's own that some examples name."""
    here = tmp_path / "clone"
    (here / "corpora").mkdir(parents=True)
    (here / "checkpoints").mkdir()
    (here / "checkpoints" / "shipped").symlink_to(ROOT / "checkpoints" / "shipped")
    for corpus in (ROOT / "corpora").glob("*.txt"):
        text = corpus.read_text(encoding="utf-8")[:20_000]
        (here / "corpora" / corpus.name).write_text(text, encoding="utf-8")
    haiku = (here / "corpora" / "haiku.txt").read_text(encoding="utf-8")
    for folder in ("poems", "more"):
        (here / folder).mkdir()
    (here / "poems" / "one.txt").write_text(haiku)
    (here / "more" / "two.txt.gz").write_bytes(gzip.compress(haiku.encode()))
    (here / "poem.txt").write_text(haiku[:300])
    for name in ("my-haiku", "poems", "drafts"):
        (here / "checkpoints" / name).mkdir()
        lexicon = build(haiku.split("\n\n")).to_tensors()
        model = dataclasses.replace(small_model(), lexicon=lexicon)
        checkpoint.save_model(here / "checkpoints" / name / "model.safetensors", model)
    (here / "books.txt.gz").write_bytes(gzip.compress(haiku.encode() * 10))
    return here


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's, in which rnngen trains small models for a few steps only."""
    program = tmp_path / "bin" / "rnngen"
    program.parent.mkdir()
    small = "--steps 2 --hidden-size 8 --num-layers 1 --overwrite"
    few = tmp_path / "few.toml"
    few.write_text("batch_size = 4\nseq_len = 16\nngrams = 1\nevaluations = 1\n")
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--resume*) ;; train*) set -- "$@" {small};;\n'
        f'compare*) set -- "$@" --steps 20 --seeds 1 --num-layers 1 --config {few};; esac\n'
        f'exec {sys.executable} -m rnngen "$@"\n'
    )
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RNNGEN_")}
    return {**inherited, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_example_of_the_help_runs_on_a_fresh_clone(command: str, fresh_clone, environment):
    """As typed into a shell, in order, with nothing on stdin."""
    for example in examples_of(command):
        ran = subprocess.run(
            ["bash", "-ec", "-o", "pipefail", example],
            cwd=fresh_clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, (example, ran.stderr)
