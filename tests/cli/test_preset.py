"""`rnngen preset`, and what `sample` and `chat` make of it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from rnngen import checkpoint
from rnngen.forms.language.lexicon import build
from tests.models import small_model

POEM = "an old silent pond\na frog jumps into the pond\nsplash silence again"


@pytest.fixture
def model(home):
    """A model of random weights that can write forms."""
    lexicon = build([POEM] * 30).to_tensors()
    (home / "m").mkdir(parents=True)
    checkpoint.save_model(
        home / "m" / "model.safetensors", dataclasses.replace(small_model(), lexicon=lexicon)
    )
    return "m"


def test_a_preset_is_stored_shown_used_and_taken_away(rnngen, model):
    assert "m has no preset" in rnngen("preset", model).stderr
    options = ("--form", "haiku", "--particles", 2, "--best-of=3", "--temperature", 0.5)
    assert rnngen("preset", model, *options).exit_code == 0
    shown = rnngen("preset", model).stdout
    assert shown == "--best-of 3 --form haiku --particles 2 --temperature 0.5\n"
    assert json.loads(rnngen("preset", model, "--json").stdout)["best_of"] == 3
    assert json.loads(rnngen("info", model, "--json").stdout)["preset"]["form"] == "haiku"
    by_preset = rnngen("sample", model, "-s", 1).stdout
    assert by_preset == rnngen("sample", model, "--no-preset", "-s", 1, *options).stdout
    assert len(by_preset.strip().split("\n")) == 3
    free = rnngen("sample", model, "-s", 1, "--length", 9).stdout
    assert free == rnngen("sample", model, "--no-preset", "-s", 1, "--length", 9).stdout
    chatted = rnngen("chat", model, "-s", 1, input="\n").stdout
    assert chatted.strip() == by_preset.strip()
    lines = "/form none\n/temperature none\n/best-of none\n\n"
    free = rnngen("sample", model, "-s", 1, "--no-preset").stdout
    assert rnngen("chat", model, "-s", 1, input=lines).stdout.strip() == free.strip()
    assert rnngen("preset", model, "--clear").exit_code == 0
    assert "has no preset" in rnngen("preset", model).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--frm", "haiku"), "Did you mean form?"),
        (("haiku",), "'haiku': a preset is made of options with a value"),
        (("--form",), "'--form': a preset is made of options with a value"),
        (("--form", "sonnet"), "must be one of acrostic"),
        (("--best-of", "many"), "--best-of must be a whole number"),
        (("--form", "haiku", "--until", "line"), "--until has no effect with --form"),
        (("--form", "haiku", "--clear"), "--clear takes the preset away"),
    ],
)
def test_what_cannot_be_stored_is_said_in_one_line(rnngen, model, arguments, message):
    ran = rnngen("preset", model, *arguments)
    assert ran.exit_code == 2
    assert message in ran.error
    assert "has no preset" in rnngen("preset", model).stderr


def test_a_preset_of_a_file_takes_the_place_of_the_models(rnngen, model, home):
    rnngen("preset", model, "--length", 5)
    (home / "presets.toml").write_text('[presets.mine]\nform = "haiku"\nparticles = 2\n')
    named = rnngen("sample", model, "-s", 1, "--preset", "mine").stdout
    given = ("--form", "haiku", "--particles", 2)
    assert named == rnngen("sample", model, "-s", 1, "--no-preset", *given).stdout
    warm = rnngen("sample", model, "-s", 1, "--preset", "mine", "--temperature", 2).stdout
    given = (*given, "--temperature", 2)
    assert warm == rnngen("sample", model, "-s", 1, "--no-preset", *given).stdout
    both = rnngen("sample", model, "--preset", "mine", "--no-preset")
    assert both.exit_code == 2
    assert "--preset and --no-preset exclude each other" in both.stderr
    assert rnngen("sample", model, "--preset", "other").exit_code == 2
