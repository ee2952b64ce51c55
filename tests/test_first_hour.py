"""The first hour of a new user, at a terminal of 80 and of 120 columns, on a text of their own.

Each step is typed as the README and the pages have it, and what a person must see is looked for on
the screen: what was chosen and why, how far it is, what to type next, and where the result is.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

pytest.importorskip("pty")
from tests.precision import PRECISION_OPTION
from tests.terminal import Terminal

SMALL = ("--hidden-size", 8, "--num-layers", 1, "--batch-size", 4, "--seq-len", 16)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a text of one's own in it; only the shipped models are there."""
    monkeypatch.chdir(tmp_path)
    for name in ("RNNGEN_HOME", "RNNGEN_MODEL", "RNNGEN_SEED"):
        monkeypatch.delenv(name, raising=False)
    rng = random.Random(1)
    things = ["rain", "river", "stone", "moon", "garden", "kettle", "window", "sparrow"]
    poems = (f"the {rng.choice(things)} and\nthe {rng.choice(things)} wait" for _ in range(150))
    (tmp_path / "my-poems.txt").write_text("\n\n".join(poems), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("columns", [80, 120])
def test_the_first_hour(here: Path, columns: int):
    def seen(*arguments: object, code: int = 0, lines: int = 60) -> str:
        with Terminal(list(arguments), lines=lines, columns=columns) as terminal:
            assert terminal.end() == code, terminal.text
        assert max(map(len, terminal.text.splitlines()), default=0) <= columns
        assert "Traceback" not in terminal.text
        return terminal.text

    # A haiku before anything is trained, and which model wrote it.
    text = seen("sample", "--seed", 1)
    assert "using haiku, " in text
    assert len(text.splitlines()) >= 4

    # Training: the text and what was chosen, each with its reason; stopped, nothing is lost.
    train = ("train", "my-poems.txt", *SMALL, *PRECISION_OPTION)
    with Terminal([*train, "--steps", 100_000], lines=60, columns=columns) as terminal:
        screen = terminal.wait_for(lambda text: "loss" in text and "left" in text)
        for word in ("150 documents", "held out", "hidden_size", "learning_rate", "threads"):
            assert word in screen, word
        terminal.type("\x03")
        assert terminal.end() == 130
        go_on = re.search(r"rnngen (train --resume --name my-poems)", terminal.text)
        assert go_on, terminal.text
    # `rnngen train --resume` as it was told, with an end that comes soon.
    steps = int(re.findall(r"stopped at step ([\d,]+)", terminal.text)[-1].replace(",", ""))
    told = seen(*go_on[1].split(), "--steps", steps + 5)
    assert "bits per byte on held-out text" in told
    assert "rnngen sample my-poems" in told

    # The model is the newest, is named, shown, scored, drawn and talked to.
    assert "using my-poems, the newest" in seen("sample", "--length", 20, "--seed", 1)
    table = seen("models")
    assert re.search(r"^my-poems +lstm +char", table, re.MULTILINE), table
    assert all(name in table for name in ("haiku", "posts", "lyrics", "base-en"))
    assert "LSTM, 1 layer of 8 units" in seen("info", "my-poems")
    assert "bits per byte" in seen("plot", "my-poems") or "nats" in seen("plot", "my-poems")
    assert "bits_per_byte" in seen("score", "my-poems", "my-poems.txt")
    with Terminal(["chat", "my-poems", "-s", 1, "--length", 9], columns=columns) as terminal:
        terminal.wait_for(lambda text: text.endswith("\n>"))
        terminal.type("the rain\n")
        terminal.wait_for(lambda text: "\nthe rain" in text and text.endswith("\n>"))
        terminal.type("/quit\n")
        assert terminal.end() == 0

    # A form of one's own model, checked; a wrong word is answered with the right one.
    assert "Did you mean my-poems?" in seen("sample", "my-peoms", code=1)
    assert "Did you mean sample?" in seen("sampl", code=2)
    seen("models", "rename", "my-poems", "poems")
    seen("models", "default", "haiku")
    assert "using haiku, your default" in seen("sample", "--seed", 1)
    seen("models", "rm", "poems", "--yes")
    assert "poems" not in seen("models")
    assert "frees" in seen("clean", "--dry-run") or "would" in seen("clean", "--dry-run")


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", [(), ("train",), ("sample",), ("chat",), ("compare",)])
def test_help_fits_the_terminal(here: Path, command: tuple[str, ...], columns: int):
    with Terminal([*command, "--help"], lines=200, columns=columns) as terminal:
        assert terminal.end() == 0
    lines = terminal.text.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith("Usage: rnngen")
