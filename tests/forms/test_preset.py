"""Settings that are stored with a model, and what of them holds beside what a user says."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen import api, checkpoint
from rnngen.errors import CheckpointError, ConfigError
from rnngen.forms import preset
from tests.models import small_model

HAIKU = {"form": "haiku", "particles": 2, "temperature": 0.7, "best_of": 24}
FREE = {"length": 50, "temperature": 0.6, "top_p": 0.9}


@pytest.mark.parametrize(
    ("stored", "given", "merged"),
    [
        (HAIKU, {}, HAIKU),
        (HAIKU, {"temperature": 0.5}, HAIKU | {"temperature": 0.5}),
        (HAIKU, {"form": "haiku", "best_of": 2}, HAIKU | {"best_of": 2}),
        # How much work pays depends on the form.
        (HAIKU, {"form": "tanka"}, {"form": "tanka", "temperature": 0.7}),
        (
            HAIKU,
            {"form_file": "mine.toml"},
            {"form_file": "mine.toml", "temperature": 0.7},
        ),
        # What no form takes asks for free text, for which the preset was not made.
        (HAIKU, {"length": 20}, {"length": 20}),
        (HAIKU, {"until": "line", "temperature": 1}, {"until": "line", "temperature": 1}),
        (HAIKU, {"beam": 4}, {"beam": 4}),
        (
            HAIKU,
            {"budget_ms": 50},
            {k: v for k, v in HAIKU.items() if k != "particles"} | {"budget_ms": 50},
        ),
        # The likeliest text is one; there is nothing to choose from.
        (HAIKU, {"temperature": (0.0,)}, {"form": "haiku", "particles": 2, "temperature": (0.0,)}),
        (FREE | {"best_of": 4}, {"beam": 3}, {"length": 50, "beam": 3}),
        (FREE, {"length": 10}, FREE | {"length": 10}),
        (FREE, {"form": "haiku"}, {"form": "haiku", "temperature": 0.6, "top_p": 0.9}),
    ],
)
def test_what_is_given_decides_and_the_rest_is_the_presets(stored, given, merged):
    assert preset.merge(stored, given) == merged


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"frm": "haiku"}, "no setting 'frm'. Did you mean form?"),
        ({"form": "/etc/passwd"}, "`form` must be one of acrostic"),
        ({"form": "haiku", "length": 9}, "`length` has no effect with `form`"),
        ({"particles": 4}, "`particles` needs a form"),
        ({"temperature": -1}, "`temperature` must be at least 0"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_k": {}}, "top_k"),
        ({"form": []}, "`form` must be one of"),
    ],
)
def test_a_preset_that_cannot_be_is_refused_with_a_way_out(stored, message):
    with pytest.raises(CheckpointError, match=message.replace("?", r"\?")) as caught:
        preset.merge(stored, {})
    assert str(caught.value).endswith("Pass `no_preset` to do without.")


def test_a_preset_travels_in_the_file_and_nothing_else_changes(tmp_path: Path):
    path = tmp_path / "m"
    checkpoint.save_model(path, small_model())
    before = path.read_bytes()
    checkpoint.set_preset(path, HAIKU)
    model = api.load(path)
    assert model.preset == HAIKU
    assert checkpoint.describe(path, checkpoint.load_model(path))["preset"] == HAIKU
    checkpoint.set_preset(path, {})
    assert path.read_bytes() == before


def test_settings_are_checked_before_they_are_stored():
    with pytest.raises(ConfigError, match="at least 1"):
        preset.check({"best_of": 0})
    preset.check(HAIKU)
    preset.check(FREE)


def test_a_preset_is_read_from_a_file_or_by_its_name(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path))
    (tmp_path / "calm.toml").write_text('form = "haiku"\nsharpen = 1.5\ntemperature = 1\n')
    calm = {"form": "haiku", "sharpen": 1.5, "temperature": 1}
    assert preset.read(str(tmp_path / "calm.toml")) == calm
    with pytest.raises(ConfigError, match=r"presets\.toml, where presets have names, is not there"):
        preset.read("calm")
    (tmp_path / "presets.toml").write_text(
        '[presets.calm]\nform = "tanka"\n[presets.wild]\ntemperature = [1.0, 1.5]\n'
    )
    assert preset.read("calm") == {"form": "tanka"}
    assert preset.merge(preset.read("wild"), {"top_k": 3}) == {
        "temperature": [1.0, 1.5],
        "top_k": 3,
    }
    with pytest.raises(ConfigError, match=r"no table \[presets.clam\]\. Did you mean calm\?"):
        preset.read("clam")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("temprature = 1", "no setting 'temprature'. Did you mean temperature?"),
        ("temperature = -1", "`temperature` must be at least 0"),
        ('form = "haiku"\nsharpen = 0.5', "`sharpen` must be a number from 1 to 100, got 0.5"),
        ('form = "haiku"\nsharpen = true', "`sharpen` must be a number"),
        ('form = "haiku"\nsharpen = 2\ntemperature = 0', "`sharpen` has no effect at"),
        ("sharpen = 2", "`sharpen` needs a form"),
        ("temperature = ", "not TOML"),
    ],
)
def test_a_preset_of_a_file_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text, message):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        preset.read(str(tmp_path / "p.toml"))
    assert str(caught.value).startswith(f"{tmp_path}/p.toml: ")
    assert message in str(caught.value)
