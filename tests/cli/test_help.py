"""Help that is true: the list of commands says what they say, every example runs."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from rnngen import cli
from tests.conftest import ROOT

GROUP: Any = typer.main.get_command(cli.app)
COMMANDS = {name: GROUP.get_command(None, name) for name in cli.COMMANDS}


def examples_of(command: str) -> list[str]:
    return re.findall(r"^ +(.*rnngen .*)$", COMMANDS[command].epilog, re.MULTILINE)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_list_of_commands_says_what_their_help_says(command: str):
    first = " ".join(COMMANDS[command].help.split("\n\n")[0].split())
    assert first == cli.COMMANDS[command]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_ends_with_three_examples(command: str, rnngen):
    assert len(examples_of(command)) == 3
    shown = rnngen(command, "--help").stdout
    assert all(example in shown for example in examples_of(command))


@pytest.fixture
def workshop(home: Path, tmp_path: Path, rnngen) -> Path:
    """A folder in which every example can run: small texts, and models trained for a moment."""
    here = tmp_path / "here"
    shutil.copytree(ROOT / "corpora", here / "corpora")
    text = (here / "corpora" / "haiku.txt").read_text()[:20000]
    (here / "corpora" / "haiku.txt").write_text(text)
    for folder in ("poems", "more"):
        (here / folder).mkdir()
    (here / "poems" / "one.txt").write_text(text)
    (here / "poem.txt").write_text(text[:300])
    (here / "more" / "two.txt.gz").write_bytes(gzip.compress(text.encode()))
    (here / "books.txt.gz").write_bytes(gzip.compress(text.encode() * 10))
    posts = (here / "corpora" / "posts.txt").read_text().splitlines()[:200]
    (here / "posts.csv").write_text(
        "text\n" + "".join(f'"{p.replace(chr(34), "")}"\n' for p in posts)
    )
    small = ("--hidden-size", 8, "--num-layers", 1, "--steps", 2, "--quiet")
    for name in ("haiku", "posts", "poems"):
        assert (
            rnngen("train", here / "corpora" / "haiku.txt", "--name", name, *small).exit_code == 0
        )
    shutil.copytree(home, here / "checkpoints")
    return here


def test_every_example_of_the_help_runs(workshop: Path, tmp_path: Path):
    """As typed into a shell, but that training stops after a few steps."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "rnngen"
    program.write_text(
        '#!/bin/sh\ncase "$*" in *--resume*) ;; train*) set -- "$@" --steps 2 --overwrite;;\n'
        'compare*) set -- "$@" --steps 20 --seeds 1;; esac\n'
        f'exec {sys.executable} -m rnngen "$@"\n'
    )
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("RNNGEN_HOME")
    for command in sorted(COMMANDS):
        for example in examples_of(command):
            ran = subprocess.run(
                ["bash", "-ec", example],
                cwd=workshop,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert ran.returncode == 0, (example, ran.stderr)
