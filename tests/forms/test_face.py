"""What `rnngen.forms` offers: load, check, FormWriter."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import rnngen
from rnngen import forms
from rnngen.config import SampleConfig
from rnngen.errors import ConfigError, FileError, FormError
from rnngen.forms import spec, write
from tests.conftest import ROOT

SHORT = 'name = "short"\nunit = "syllables"\nlines = [3, 5]\n'


def test_the_examples_are_true() -> None:
    found = doctest.testmod(forms)
    assert found.attempted >= 8
    assert found.failed == 0


def test_a_form_is_a_name_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(SHORT)
    assert forms.load("haiku") == spec.load("haiku")
    assert forms.load(path) == forms.load(str(path)) == spec.read(path)
    assert forms.check("the old pond\nthe lid of a jar", path).verdict == "exact"
    with pytest.raises(ConfigError, match=r"unknown form 'short'\. There are: acrostic"):
        forms.load("short")
    with pytest.raises(FileError, match=r"missing\.toml"):
        forms.load("missing.toml")


def test_listing_and_judging_load_nothing_that_writes() -> None:
    code = (
        "import sys; from rnngen import forms; forms.load('haiku');"
        "assert not {'numpy', 'rnngen.forms.search'} & set(sys.modules);"
        "forms.check('a', 'haiku');"
        "assert 'rnngen.forms.search' not in sys.modules;"
        "forms.FormWriter; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.fixture(scope="module")
def haiku() -> rnngen.LanguageModel:
    return rnngen.load("shipped/haiku")


def test_a_writer_writes_what_the_model_writes(haiku: rnngen.LanguageModel) -> None:
    writer = forms.FormWriter(haiku, "haiku", particles=2)
    found = list(writer.write(["old pond", "a frog"], n=2, seed=1))
    assert [text.index for text in found] == [0, 1, 2, 3]
    assert [text.whole[:3] for text in found] == ["old", "old", "a f", "a f"]
    assert found[:2] == haiku.write_form("haiku", "old pond", n=2, seed=1, particles=2)


def test_what_cannot_be_is_said_before_anything_is_written(haiku: rnngen.LanguageModel) -> None:
    with pytest.raises(ConfigError, match="leave one of them out"):
        forms.FormWriter(haiku, "haiku", particles=2, budget_ms=10)
    with pytest.raises(ConfigError, match="`words` must be one of"):
        forms.FormWriter(haiku, "haiku", words="any")
    with pytest.raises(ConfigError, match="`chars` has no effect"):
        forms.FormWriter(haiku, "haiku", SampleConfig(chars=9))
    with pytest.raises(ConfigError, match="at `temperature` 0"):
        forms.FormWriter(haiku, "haiku", SampleConfig(temperature=0)).write(n=2)
    with pytest.raises(FormError, match="the prompt breaks the form"):
        forms.FormWriter(haiku, "haiku").write(["old pond", "a window that is left open"])


def test_the_settings_named_are_settings() -> None:
    assert set(write.FORM_SETTINGS) <= set(SampleConfig.__dataclass_fields__)
