"""What a run may be called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import runs
from rnngen.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        (".tokens", "it begins with a dot"),
        ("..", "it begins with a dot"),
        ("-n", "it begins with a dash"),
        ("a/b", "it has a / in it"),
        ("a\nb", "it has a control character in it"),
        ("a\x1b[31m", "it has a control character in it"),
        ("\x9b", "it has a control character in it"),
        ("\u00e9" * 128, "it is longer than 255 bytes"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(name: str, reason: str):
    with pytest.raises(ConfigError) as caught:
        runs.new_folder(name)
    assert f"cannot be a run's name: {reason}." in str(caught.value)


@pytest.mark.parametrize("name", ["my poems", "it's (final)", "詩", "a.b", "é" * 127, "x" * 255])
def test_any_name_of_a_single_folder_is_taken(name: str):
    assert runs.new_folder(name) == runs.home() / name


@given(st.text())
def test_a_name_is_refused_or_makes_a_single_folder(tmp_path_factory, name: str):
    try:
        folder = runs.new_folder(name)
        name.encode()
    except (ConfigError, UnicodeEncodeError):
        return
    made = tmp_path_factory.mktemp("names") / folder.name
    made.mkdir()
    assert [os.fsencode(p.name) for p in made.parent.iterdir()] == [os.fsencode(name)]


def test_models_that_come_with_rnngen_are_known_by_their_place(tmp_path: Path):
    assert runs.places.is_shipped(runs.find_model("shipped/haiku"))
    assert not runs.places.is_shipped(tmp_path / "haiku" / runs.MODEL_FILE)
