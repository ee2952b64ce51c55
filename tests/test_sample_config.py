from __future__ import annotations

import dataclasses
import json

import pytest

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError

FULL = SampleConfig(
    length=10,
    chars=80,
    min_chars=5,
    stop=("END", "\n\n"),
    until="sentence",
    temperature=(0.5, 1.0),
    top_k=40,
    top_p=0.9,
    min_p=0.05,
    typical=0.95,
    repetition_penalty=1.1,
    repetition_window=32,
    bias=(("love", 1.5), ("hate", -2.0)),
    ban=("damn",),
    best_of=4,
)


def test_settings_survive_json():
    stored = json.loads(json.dumps(FULL.to_dict()))
    assert SampleConfig.from_dict(stored) == FULL


def test_every_setting_is_explained():
    for field in dataclasses.fields(SampleConfig):
        assert SampleConfig.help(field.name).endswith(".")


def test_temperatures_are_one_or_several():
    assert SampleConfig().temperatures == (0.8,)
    assert FULL.temperatures == (0.5, 1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"top_k": 0}, "`top_k` must be a whole number, at least 1, got 0. Leave it out"),
        ({"length": 0}, "`length` must be a whole number, at least 1, got 0."),
        ({"chars": 2.5}, "`chars` must be a whole number, at least 1, got 2.5."),
        ({"top_p": 0.0}, "`top_p` must be above 0 and at most 1, got 0.0. Leave it out"),
        ({"typical": 1.1}, "`typical` must be above 0 and at most 1, got 1.1."),
        ({"min_p": -0.1}, "`min_p` must be from 0 to 1, got -0.1."),
        ({"temperature": -1.0}, "`temperature` must be at least 0, got -1.0."),
        ({"temperature": (1.0, -2.0)}, "`temperature` must be at least 0, got"),
        ({"temperature": ()}, "`temperature` must be at least 0, got"),
        ({"temperature": float("nan")}, "`temperature` must be at least 0, got nan."),
        ({"repetition_penalty": 0}, "`repetition_penalty` must be from 0.001 to 1000, got 0."),
        ({"repetition_penalty": 1e-45}, "`repetition_penalty` must be from 0.001 to 1000"),
        ({"repetition_window": 0}, "`repetition_window` must be a whole number, at least 1"),
        ({"until": "word"}, "`until` must be one of sentence, line, paragraph, got word."),
        ({"stop": ("",)}, "`stop` must be strings of at least one character"),
        ({"ban": "damn"}, "`ban` must be strings"),
        ({"bias": (("", 1.0),)}, "`bias` must be pairs of a string and a number"),
        ({"bias": (("a", 1e39),)}, "`bias` must be pairs of a string and a number up to 10,000"),
        ({"bias": (("a", float("inf")),)}, "`bias` must be pairs of a string and a number"),
        ({"min_chars": 9, "chars": 8}, "`min_chars` 9 is more than `chars` 8"),
        ({"best_of": 2, "temperature": 0.0}, "`best_of` has nothing to choose from"),
        ({"beam": 4, "best_of": 2}, "`beam` draws nothing, so `best_of` has no effect"),
        ({"beam": 4, "top_k": 5}, "`beam` draws nothing, so `top_k` has no effect"),
        ({"best_of": 10**30}, "`best_of` must be at most 1,000, got"),
        ({"beam": 1001}, "`beam` must be at most 1,000, got 1001."),
        ({"beam": 0}, "`beam` must be a whole number, at least 1, got 0."),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(settings, message):
    with pytest.raises(ConfigError) as caught:
        SampleConfig(**settings)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
