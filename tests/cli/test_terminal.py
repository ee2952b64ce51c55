"""Commands at a terminal: progress that leaves no trace, and texts that cannot steer it."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytest.importorskip("pty")
from tests.terminal import Terminal, shown

TWENTY = (*("--form", "haiku", "--particles", 2, "--best-of", 1), *("--seed", 1, "-n", 20))


@pytest.fixture
def haiku(home: Path) -> str:
    """The shipped model that writes haiku, under its name."""
    shutil.copytree(ROOT / "checkpoints" / "shipped" / "haiku", home / "haiku")
    return "haiku"


@pytest.fixture
def novel(home: Path) -> str:
    """A text that takes a while."""
    words = random.Random(1)
    lines = (" ".join(f"{words.random():.6f}" for _ in range(8)) for _ in range(12_000))
    Path("novel.txt").write_text("\n".join(lines))
    return "novel.txt"


def test_many_texts_are_counted_below_them_and_the_screen_ends_as_if_they_were_not(rnngen, haiku):
    printed = rnngen("sample", haiku, *TWENTY).stdout
    with Terminal(["sample", haiku, *TWENTY], lines=300) as terminal:
        terminal.wait_for("of 20 texts")
        assert terminal.end() == 0
    assert b" left" in terminal.bytes
    assert terminal.text == shown(printed, lines=300)


def test_texts_are_out_as_soon_as_they_are_written_and_stay_after_ctrl_c(rnngen, haiku):
    printed = rnngen("sample", haiku, *TWENTY[:-1], 2).stdout
    with Terminal(["sample", haiku, *TWENTY[:-1], 4000], lines=300) as terminal:
        terminal.wait_for(lambda text: shown(printed, lines=300) in text)
        terminal.type("\x03")
        assert terminal.end() == 130
    assert terminal.text.startswith(shown(printed, lines=300))
    assert "of 4,000 texts" not in terminal.text
    assert "Traceback" not in terminal.text


def test_a_file_gets_the_texts_and_the_terminal_the_progress(rnngen, haiku):
    printed = rnngen("sample", haiku, *TWENTY).stdout
    with Path("out.txt").open("wb") as out:
        with Terminal(["sample", haiku, *TWENTY], stdout=out) as terminal:
            terminal.wait_for("of 20 texts")
            assert terminal.end() == 0
        assert terminal.text == ""
    assert Path("out.txt").read_text(encoding="utf-8") == printed


def test_a_terminal_without_stderr_sees_the_texts_alone(rnngen, haiku):
    printed = rnngen("sample", haiku, *TWENTY).stdout
    arguments = ["sample", haiku, *TWENTY]
    with Terminal(arguments, lines=300, stderr=subprocess.DEVNULL) as terminal:
        assert terminal.end() == 0
    assert terminal.bytes.decode() == printed.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("command", "progress"),
    [
        (("score", "noise"), "scoring  "),
        (("tokenize", "--tokenizer", "subword", "--vocab-size", 300), "making the tokenizer ..."),
        (("check", "--form", "haiku", "--documents", "line"), "checking  "),
    ],
)
def test_long_reading_is_counted_and_leaves_no_trace(rnngen, model, novel, command, progress):
    with Terminal([*command, novel], lines=24, columns=100) as terminal:
        seen = terminal.wait_for(progress)
        assert " of " in seen.split(progress)[1] or progress.endswith("...")
        terminal.type("\x03")
        assert terminal.end() == 130
    assert progress not in terminal.text


def test_scoring_is_counted_from_nothing_to_all_though_the_text_is_read_at_once(model, novel):
    Path("short.txt").write_text(Path(novel).read_text()[:150_000])
    with Terminal(["score", model, "short.txt"], columns=100) as terminal:
        assert terminal.end() == 0
    shares = [int(share) for share in re.findall(rb"  (\d+)%", terminal.bytes)]
    assert shares == sorted(shares)
    assert shares[0] < 50 < shares[-1]
    assert len(set(shares)) > 4


def test_no_text_steers_the_terminal_unless_raw_is_asked_for(rnngen, model):
    options = ("--min-chars", 300, "--chars", 400, "--seed", 3, "--quiet")
    for many in ((), ("-n", 2), ("--json",)):
        printed = rnngen("sample", model, *options, *many).stdout
        assert set(printed) & set("\x07\x1b\x08\x0c") or many == ("--json",)
        with Terminal(["sample", model, *options, *many]) as terminal:
            assert terminal.end() == 0
        assert not set(terminal.bytes) & (set(range(0x20)) - {9, 10, 13})
        assert not set(terminal.bytes.decode()) & {chr(code) for code in range(0x7F, 0xA0)}
        with Terminal(["sample", model, *options, *many, "--raw"]) as terminal:
            assert terminal.end() == 0
        assert terminal.bytes.decode() == printed.replace("\n", "\r\n")


def test_no_name_or_line_of_a_file_steers_the_terminal(rnngen, model):
    name = "e\x1b[2Jvil\u202etxt.txt"
    Path(name).write_text("old\x1b[2J\u2066 pond\n", encoding="utf-8")
    for command in (
        ("score", model, name, "--rank"),
        ("score", model, name, "--tokens"),
        ("check", name, "--form", "tweet"),
        ("check", name, "--against", name),
        ("score", model, f"no{name}"),
        ("sample", f"no{name}"),
        ("sample", model, "old\x1b[2J\u202e pond", "--length", 3),
    ):
        with Terminal(command, columns=200) as terminal:
            terminal.end()
        written = terminal.bytes.decode()
        assert "\x1b[2J" not in written, command
        assert not set(written) & set("\u202e\u2066"), command
        assert "\\x1b[2J" in written or "--tokens" in command, command
