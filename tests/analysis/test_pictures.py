"""Pictures of explanations and comparisons: what is drawn is what was measured."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from rnngen.analysis import pictures
from rnngen.analysis.units import histogram
from rnngen.api import LanguageModel
from rnngen.plotting import figure
from tests.models import small_model

pytestmark = pytest.mark.skipif(
    find_spec("matplotlib") is None, reason="matplotlib is not installed: the extra `plot`"
)
TEXT = "old $pond$\n\u30a2 frog_1"


def test_an_explanation_is_drawn_as_it_is():
    found = LanguageModel(small_model(num_layers=2)).explain(TEXT)
    drawn = pictures.explanation(found)
    connectivity, gates, memory = drawn.axes[:3]
    [image] = connectivity.images
    shares = found.connectivity / found.connectivity.max(1, keepdims=True)
    assert np.allclose(image.get_array().filled(0), shares.T)
    assert connectivity.get_yticklabels()[0].get_text() == "(start)"
    [image] = gates.images
    assert np.allclose(image.get_array(), [strip.values for strip in found.strips()])
    assert len(gates.get_xticklabels()) == len(found.tokens)
    heights = [bar.get_height() for bar in memory.patches]
    assert heights == [n for layer in found.time_constants for n in histogram(layer)]


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_text_of_any_characters_can_be_drawn(tmp_path: Path, kind: str):
    found = LanguageModel(small_model()).explain(TEXT + "\u200d\U0001f422")
    path = tmp_path / f"pond.{kind}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.save_figure(lambda: pictures.explanation(found), path)
    assert path.stat().st_size > 1000


def test_a_long_text_is_drawn_without_labels():
    found = LanguageModel(small_model()).explain("an old pond " * 20)
    drawn = pictures.explanation(found)
    assert drawn.axes[1].get_xticklabels()[0].get_text() != "a"
    assert drawn.get_figwidth() <= 24
