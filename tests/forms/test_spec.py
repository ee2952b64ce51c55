"""Form files: what is read, and what is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnngen.errors import ConfigError
from rnngen.forms.spec import builtin_names, load, parse, read

GOOD: dict[str, Any] = {"name": "mine", "unit": "words", "lines": [3, [2, 4]]}


def test_numbers_and_ranges_become_limits() -> None:
    assert parse(GOOD, "x").lines == ((3, 3), (2, 4))


def test_a_tweet_needs_no_lines() -> None:
    spec = parse({"name": "t", "unit": "tweet"}, "x")
    assert (spec.lines, spec.max_weight) == (((1, 280),), 280)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lins": [1]}, "unknown key 'lins'"),
        ({"unit": "verse"}, "unit must be one of syllables, words, chars, tweet, got 'verse'"),
        ({"lines": []}, "lines must hold 1 to 100 entries, got 0"),
        ({"lines": [0]}, "lines, entry 1: must be a whole number from 1"),
        ({"lines": [[5, 4]]}, "lines, entry 1"),
        ({"lines": [True]}, "lines, entry 1"),
        ({"lines": 5}, "lines must be a list"),
        ({"lines": [100]}, "at most 60"),
        ({"rhyme": "AAB"}, "rhyme has 3 letters for 2 lines"),
        ({"rhyme": "A1"}, "rhyme must be letters and dots"),
        ({"break": "never"}, "break must be one of"),
        ({"end": 3}, "end must be text in quotes, got 3"),
        ({"acrostic": "abc"}, "acrostic 'abc' has 3 letters for 2 lines"),
        ({"match": "a"}, "match needs unit chars or tweet"),
        ({"max_weight": 9}, "max_weight needs unit chars or tweet"),
        ({"unit": "chars", "match": "("}, "match '(' is not a regular expression"),
        ({"unit": "chars", "rhyme": "AA"}, "rhyme needs unit syllables or words"),
        ({"unit": "chars", "max_weight": 5}, "max_weight 5 is less than the 6 its lines need"),
        ({"unit": "tweet"}, "a form of unit tweet has one entry"),
    ],
)
def test_a_contradiction_is_named_with_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({**GOOD, **change}, "my.toml")
    assert str(caught.value).startswith("my.toml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["name", "unit", "lines"])
def test_a_missing_key_is_explained(key: str) -> None:
    with pytest.raises(ConfigError, match=f"the key '{key}' is missing"):
        parse({k: v for k, v in GOOD.items() if k != key}, "my.toml")


def test_a_copy_of_a_built_in_form_is_the_same_form(tmp_path: Path) -> None:
    from rnngen.forms.spec import BUILTIN

    for name in builtin_names():
        copy = tmp_path / "copy.toml"
        copy.write_text((BUILTIN / f"{name}.toml").read_text(encoding="utf-8"), encoding="utf-8")
        assert read(copy) == load(name)
        assert load(name).name == name
        assert load(name).about


def test_an_unknown_name_lists_the_known_ones() -> None:
    meant = r"unknown form 'haikoo'\. Did you mean haiku\? There are: acrostic, .*tweet"
    with pytest.raises(ConfigError, match=meant):
        load("haikoo")


def test_an_acrostic_stretches_a_form_of_one_line() -> None:
    spec = load("acrostic").with_acrostic("sea")
    assert spec.lines == ((3, 8),) * 3
    with pytest.raises(ConfigError, match="`acrostic`: acrostic 'sea' has 3 letters for 2 lines"):
        parse(GOOD, "x").with_acrostic("sea")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = " + "[" * 5_000, "not TOML: nested too deeply"),
        ("a" * 2_000_000, "larger than 1,048,576 bytes, so no settings"),
        ("lines = [" + "[1, 2, 3, 4, 5]," * 60_000 + "]", "entry 1: must be"),
        ("lines = " + "9" * 5_000, "not TOML"),
        ("lines = [" + "7," * 200 + "]", "lines must hold 1 to 100 entries, got 200"),
        ('lines = [9]\nend = "' + "x" * 9_000 + '"', "end must be one of"),
        ('lines = [9]\nmatch = "(a{500}){500}"', "stands for 250,000 characters"),
    ],
)
def test_a_file_beyond_measure_is_refused_in_one_short_line(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "form.toml").write_text(f'name = "x"\nunit = "chars"\n{content}\n')
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path / "form.toml")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))
    assert "\n" not in str(caught.value)
