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
from tests.analysis.results import LOSSES, made_comparison
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


def test_a_comparison_is_drawn_as_it_was_measured():
    found = made_comparison()
    losses, contexts, words, probe = pictures.comparison(found).axes
    points = [line.get_ydata().tolist() for line in losses.lines if len(line.get_ydata()) == 3]
    assert points == list(LOSSES.values())
    assert [line.get_xdata().tolist() for line in contexts.lines] == [[1, 2, 4]] * 2
    assert np.allclose(contexts.lines[0].get_ydata(), [4.01, 3.01, 2.51])
    assert np.allclose(words.lines[1].get_ydata(), [0.25, 0.5, 0.75, 0.5, 0.5, 0.6])
    assert [text.get_text() for text in probe.get_legend().get_texts()] == ["lstm: 13", "gru: 7"]
    assert not pictures.comparison(made_comparison(probe=False)).axes[3].lines
