"""`rnngen score` from the outside."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

import rnngen as library
from rnngen import checkpoint, runs
from tests.models import small_model

POEMS = ["old pond", "a frog leaps in", "été: 蛙 sounds of water"]
MEASURES = {
    "nats",
    "tokens",
    "bytes",
    "characters",
    "bits_per_byte",
    "bits_per_character",
    "nats_per_token",
    "perplexity",
}


@pytest.fixture
def poems(home: Path) -> str:
    """A file of poems, a line each, in the working folder."""
    Path("poems.txt").write_text("\n".join(POEMS) + "\n", encoding="utf-8")
    return "poems.txt"


@pytest.fixture
def lines(home: Path) -> str:
    """The name of a model that was trained on lines, and never saw Z."""
    stored = small_model(seed=1)
    stored.tokenizer.seen[ord("Z")] = False
    stored.facts["corpus"] = {"documents": "line"}
    (home / "lines").mkdir(parents=True)
    checkpoint.save_model(home / "lines" / runs.MODEL_FILE, stored)
    return "lines"


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_whole_is_what_the_library_says_of_each_document(rnngen, lines, poems):
    ran = rnngen("score", lines, poems, "--json")
    assert ran.exit_code == 0
    assert ran.stderr == ""
    found = json.loads(ran.stdout)
    mine = library.load(lines)
    assert found["nats"] == pytest.approx(math.fsum(mine.score(poem).nats for poem in POEMS))
    assert found["documents"] == 3
    assert found["bytes"] == len("\n".join(POEMS).encode()) + 1
    assert found["bits_per_byte"] == found["nats"] / math.log(2) / found["bytes"]
    assert found["perplexity"] == math.exp(found["nats_per_token"])
    assert (found["stride"], found["adapted"]) == (None, False)
    shown = rnngen("score", lines, poems).stdout
    assert f"{found['bits_per_byte']:.4f}" in shown
    assert f"{found['perplexity']:.4f} per token" in shown


def test_each_document_is_a_line_and_their_sum_the_whole(rnngen, lines, poems):
    whole = json.loads(rnngen("score", lines, poems, "--json").stdout)
    each = objects(rnngen("score", lines, poems, "--each").stdout)
    assert each[0].keys() >= MEASURES
    assert [e["index"] for e in each] == [0, 1, 2]
    assert [e["first_words"] for e in each] == POEMS
    assert {e["file"] for e in each} == {poems}
    for name in ("nats", "tokens", "bytes", "characters"):
        assert sum(e[name] for e in each) == pytest.approx(whole[name])
    piped = objects(rnngen("score", lines, "-", "--each", input=Path(poems).read_bytes()).stdout)
    assert [e | {"file": None} for e in each] == piped


def test_rank_lists_the_least_surprising_document_first(rnngen, lines, poems):
    ran = rnngen("score", lines, poems, "--rank")
    shown = [line.split(None, 1) for line in ran.stdout.splitlines()]
    bits = [float(number) for number, _ in shown]
    assert bits == sorted(bits)
    assert {words for _, words in shown} == set(POEMS)
    ranked = objects(rnngen("score", lines, poems, "--rank", "--json").stdout)
    assert [round(r["bits_per_byte"], 4) for r in ranked] == bits
    each = objects(rnngen("score", lines, poems, "--each").stdout)
    assert sorted(ranked, key=lambda r: r["index"]) == each


def test_tokens_are_json_lines_in_a_pipe_and_sum_to_the_whole(rnngen, lines, poems):
    whole = json.loads(rnngen("score", lines, poems, "--json").stdout)
    tokens = objects(rnngen("score", lines, poems, "--tokens").stdout)
    assert math.fsum(t["nats"] for t in tokens) == pytest.approx(whole["nats"])
    assert "".join("\n" if t["ends"] else t["text"] for t in tokens) == Path(poems).read_text()


def on_a_terminal(program: Any, *arguments: str, **environment: str) -> str:
    """What the program prints where stdout is a terminal."""
    pty = pytest.importorskip("pty")
    outer, inner = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "80", "NO_COLOR": "", **environment}
    process = program(*arguments, stdout=inner, env=environment)
    os.close(inner)
    found = b""
    while True:
        try:
            block = os.read(outer, 4096)
        except OSError:  # Linux: the other side is closed
            break
        if not block:
            break
        found += block
    os.close(outer)
    assert process.wait(60) == 0, process.stderr.read()
    return found.decode().replace("\r\n", "\n")


def test_tokens_are_the_coloured_text_on_a_terminal(program, lines, home):
    Path("odd.txt").write_text("old pond\n蛙 \x1b[2J sp" + "l" * 100 + "ash\n", encoding="utf-8")
    shown = on_a_terminal(program, "score", lines, "odd.txt", "--tokens")
    assert "\x1b[30;48;5;" in shown or "\x1b[38;5;16;48;5;" in shown
    assert "\x1b[2J" not in shown
    legend, *texts = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert "under 1" in legend
    assert texts == ["old pond∎", "蛙 ␛[2J sp" + "l" * 100 + "ash∎"]


def test_a_terminal_without_colour_gets_json_lines(program, lines, poems):
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = on_a_terminal(program, "score", lines, poems, "--tokens", **environment)
        assert objects(shown)[0]["text"] == "o"
    assert objects(on_a_terminal(program, "score", lines, poems, "--tokens", "--json"))


def test_documents_are_the_models_own_unless_said_otherwise(rnngen, lines, poems, model):
    def count(*arguments: str) -> int:
        return json.loads(rnngen("score", *arguments, "--json").stdout)["documents"]

    assert count(lines, poems) == 3
    assert count(lines, poems, "--documents", "file") == 1
    Path("posts.csv").write_text('text,n\n"old\npond",1\nfrog,2\n')
    assert count(lines, "posts.csv", "--column", "text") == 2
    Path("latin.txt").write_bytes("été\nold pond\n".encode("latin-1"))
    assert count(lines, "latin.txt", "--encoding", "latin-1") == 2


def test_a_continuous_model_reads_each_file_as_one_stream(rnngen, home, poems):
    (home / "prose").mkdir(parents=True)
    checkpoint.save_model(home / "prose" / runs.MODEL_FILE, small_model(seed=1, continuous=True))
    Path("more.txt").write_text("old pond\n\n\na frog\n")
    each = objects(rnngen("score", "prose", poems, "more.txt", "--each").stdout)
    assert [e["file"] for e in each] == [poems, "more.txt"]
    prose = library.load("prose")
    assert each[0]["nats"] == pytest.approx(prose.score(Path(poems).read_text()).nats)
    assert each[1]["tokens"] == len("old pond\n\n\na frog\n")


def test_windows_are_counted_and_named(rnngen, lines, poems):
    found = json.loads(rnngen("score", lines, poems, "--stride", 4, "--json").stdout)
    mine = library.load(lines)
    expected = math.fsum(mine.score(poem, stride=4).nats for poem in POEMS)
    assert found["nats"] == pytest.approx(expected)
    assert found["stride"] == 4
    assert "windows of 4 tokens" in rnngen("score", lines, poems, "--stride", 4).stdout


def test_adapting_is_said_and_leaves_the_model_as_it_was(rnngen, home, lines):
    Path("again.txt").write_text("the old pond, the frog\n" * 40)
    path = home / lines / runs.MODEL_FILE
    before = path.read_bytes(), path.stat().st_mtime_ns
    fixed = json.loads(rnngen("score", lines, "again.txt", "--json").stdout)
    options = ("--adapt", "--adapt-rate", 0.01)
    ran = rnngen("score", lines, "again.txt", "--json", *options)
    adapted = json.loads(ran.stdout)
    assert adapted["nats"] < fixed["nats"]
    assert (adapted["adapted"], adapted["adapt_rate"]) == (True, 0.01)
    assert "adapted" in ran.stderr
    table = rnngen("score", lines, "again.txt", *options)
    assert (table.stdout + table.stderr).count("adapted") == 1
    assert "adapted" in rnngen("score", lines, "again.txt", "--rank", *options).stderr
    assert all(
        e["adapted"]
        for e in objects(rnngen("score", lines, "again.txt", "--each", *options).stdout)
    )
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_characters_the_model_never_saw_are_named(rnngen, lines, home):
    Path("odd.txt").write_text("Zen\npond\nZoo\n")
    ran = rnngen("score", lines, "odd.txt", "--json")
    assert ran.exit_code == 0
    assert "never seen: 'Z'." in ran.stderr
    assert rnngen("score", lines, "odd.txt", "--json", "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        ((), 2, "rnngen score NAME FILE"),
        (("lines",), 2, "rnngen score NAME FILE"),
        (("nothing", "poems.txt"), 1, "no model called 'nothing'"),
        (("lines", "gone.txt"), 1, "gone.txt"),
        (("lines", "empty.txt"), 1, "empty.txt: no text"),
        (("lines", "blank.txt"), 1, "blank.txt: no text"),
        (("lines", "poems.txt", "empty.txt"), 1, "empty.txt: no text"),
        (("lines", "latin.txt"), 1, "not UTF-8"),
        (("lines", "poems.txt", "--stride", "0"), 2, "--stride must be at least 1"),
        (("lines", "poems.txt", "--adapt", "--stride", "4"), 2, "Leave one of them out"),
        (("lines", "poems.txt", "--adapt-rate", "1"), 2, "Add it"),
        (("lines", "poems.txt", "--adapt", "--adapt-rate", "0"), 2, "--adapt-rate must be above"),
        (("lines", "poems.txt", "--tokens", "--rank"), 2, "Leave one of them out"),
        (("lines", "poems.txt", "--documents", "word"), 2, "--documents must be"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_one_line(
    rnngen, lines, poems, arguments, exit_code, message
):
    Path("empty.txt").touch()
    Path("blank.txt").write_text("\n \n\n")
    Path("latin.txt").write_bytes(b"caf\xe9\n")
    ran = rnngen("score", *arguments)
    assert ran.exit_code == exit_code
    assert message in ran.error
