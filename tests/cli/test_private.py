"""Training that keeps nothing of its text but weights, and what a file says of what it carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rnngen import checkpoint, runs
from rnngen.config import TextConfig
from rnngen.errors import ConfigError
from rnngen.forms.language import lexicon, own_words
from tests.cli.small import SMALL, state

SECRET = "Zylphagora"
LINES = "".join(
    f"{SECRET} walks the old road to the sea, {n}\nand sings of rain and light\n\n"
    for n in range(200)
)
TRAIN = (*SMALL, "--quiet", "--steps", 6)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / f"{SECRET.lower()}-diary.txt"
    path.write_text(LINES)
    return path


def holds(path: Path, word: str) -> bool:
    return word.lower().encode() in path.read_bytes().lower()


def test_a_private_model_holds_no_word_of_its_text(rnngen, home, text):
    for name, options in (("open", ()), ("closed", ("--private",))):
        assert rnngen("train", text, "--name", name, *TRAIN, *options).exit_code == 0
    assert holds(home / "open" / runs.MODEL_FILE, SECRET)
    closed = home / "closed" / runs.MODEL_FILE
    for word in (SECRET, "diary", text.name, str(text.parent), "sings"):
        assert not holds(closed, word)
    opened, kept = (
        json.loads(rnngen("info", name, "--json").stdout) for name in ("open", "closed")
    )
    assert opened["carries"] == ["words", "spans", "names"]
    assert (kept["carries"], kept["words"], kept["novelty"]) == ([], 0, None)
    assert (
        "of the text: its words, an index of its spans, names of files"
        in rnngen("info", "open").stdout
    )
    said = rnngen("info", "closed").stdout
    assert "nothing of the text but what the weights have learned" in said
    # Nothing that is learned differs.
    assert state(home, "open") == state(home, "closed")


def test_a_private_run_stays_so_when_it_is_resumed(rnngen, home, text):
    assert rnngen("train", text, "--name", "a", *TRAIN, "--private").exit_code == 0
    ran = rnngen("train", "--resume", "--name", "a", "--steps", 9, "--quiet")
    assert ran.exit_code == 0
    assert checkpoint.carried_text(checkpoint.load_model(home / "a" / runs.MODEL_FILE)) == []


def test_a_private_model_writes_forms_with_the_dictionarys_words(rnngen, text, monkeypatch):
    monkeypatch.setattr(own_words, "SHORT", 4)
    own_words._words.cache_clear()
    assert rnngen("train", text, "--name", "a", *TRAIN, "--private").exit_code == 0
    for form in ("haiku", "tweet"):
        ran = rnngen("sample", "a", "--form", form, "--seed", 1, "--particles", 2, "--quiet")
        assert ran.exit_code == 0, ran.stderr
        assert rnngen("check", "--form", form, input=ran.stdout).exit_code == 0
    ran = rnngen("sample", "a", "--novel", 30)
    assert ran.exit_code == 2
    own_words._words.cache_clear()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"novelty": True}, "`private` keeps no index"),
        ({"label": "folder"}, "a `label` is one"),
        ({"tokenizer": "subword"}, "subwords are made of them"),
        ({"private": 3}, "`private` must be on or off"),
    ],
)
def test_what_would_keep_words_is_refused_beside_it(options, message):
    with pytest.raises(ConfigError, match=message):
        TextConfig(**{"paths": ("a.txt",), "private": True, **options})


def test_the_habits_of_a_text_are_kept_without_its_words():
    whole = lexicon.build(["old pond\na frog jumps in"])
    bare = lexicon.Lexicon.from_tensors(own_words.without_words(whole).to_tensors())
    assert bare.words == ()
    assert bare.lines.tolist() == whole.lines.tolist()
    assert bare.english == whole.english == 1
    full = own_words.with_own_words(bare)
    assert {"old", "pond", "frog", "jumps"} <= {*full.words}
    assert own_words.with_own_words(whole) is whole
    for word in ("old", "pond", "frog"):
        place, there = full.words.index(word), whole.words.index(word)
        assert full.syllables[place] == whole.syllables[there]
        assert full.ending[place] == whole.ending[there]
        assert full.onset[place] == whole.onset[there]
    assert [*full.words] == sorted(full.words)
