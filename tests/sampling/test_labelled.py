"""Texts of a label: what a model that begins each text with one writes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError
from rnngen.model.labels import BegunRuntime, Labels
from rnngen.sampling.labelled import LabelledSampler
from rnngen.sampling.sampler import Sampler
from rnngen.tokenizers.labelled import LabelledTokenizer
from tests.doubles import MarkovRuntime, MemoryRuntime, Pieces, ToyModel

# Tokens a, b, the end, and the labels x and y: an x is followed by a's, a y by b's, and a label
# may come anywhere.
TOKENS = LabelledTokenizer(Pieces("ab"), ["x", "y"])
CHAIN = [
    [0.4, 0.0, 0.4, 0.1, 0.1],
    [0.0, 0.4, 0.4, 0.1, 0.1],
    [0.1, 0.1, 0.0, 0.2, 0.6],
    [0.8, 0.0, 0.2, 0.0, 0.0],
    [0.0, 0.8, 0.2, 0.0, 0.0],
]
MODEL = ToyModel(MarkovRuntime(CHAIN), TOKENS, start_id=2)
ONE = SampleConfig(temperature=1.0, length=20)


def labelled(label: str | None = None, model: ToyModel = MODEL, **settings) -> LabelledSampler:
    return LabelledSampler(model, SampleConfig(label=label, temperature=1.0, length=20, **settings))


def write(sampler: LabelledSampler, count: int, seed: int = 1) -> list[tuple[str, str | None]]:
    return [(t.text, t.label) for t in sampler.generate([""], seed=seed, indices=range(count))]


@pytest.mark.parametrize(("label", "letters"), [("x", {"a"}), ("y", {"b"})])
def test_a_label_that_is_given_begins_each_text(label: str, letters: set[str]) -> None:
    found = write(labelled(label), 50)
    assert {name for _, name in found} == {label}
    assert set("".join(text for text, _ in found)) == letters


def test_without_one_each_label_comes_as_often_as_the_model_expects_it() -> None:
    found = write(labelled(), 2000)
    shares = Counter(label for _, label in found)
    assert shares["y"] / 2000 == pytest.approx(0.75, abs=0.04)  # 0.6 of the 0.8 that labels have
    assert all(set(text) <= {"a" if label == "x" else "b"} for text, label in found)


def test_a_text_is_the_same_whatever_else_is_written() -> None:
    model = ToyModel(MemoryRuntime(5), TOKENS, start_id=2)
    many = write(labelled(model=model), 70)
    alone = [next(labelled(model=model).generate([""], seed=1, indices=[i])) for i in (0, 5, 69)]
    assert [(text.text, text.label) for text in alone] == [many[0], many[5], many[69]]
    assert "".join(labelled(model=model).stream(seed=1, index=5)) == many[5][0]


def test_a_label_reads_the_end_of_a_document_first() -> None:
    """As in training: the logits after <end> <x> a are those of the runtime that reads these."""
    runtime = MemoryRuntime(5)
    state = runtime.start(1)
    for token in (2, 3, 0):
        logits, state = runtime.step(np.array([token]), state)
    begun, first = Labels(runtime, TOKENS).start("x")
    assert isinstance(begun, BegunRuntime)
    again, after = begun.forward(np.array([[first, 0]]), begun.start(1))
    assert again[0, -1].tolist() == logits[0].tolist()
    assert after[0].tolist() == state[0].tolist()


@pytest.mark.parametrize("settings", [{"best_of": 3}, {"ban": ("aa",)}, {"min_chars": 3}])
def test_other_settings_hold_with_a_label(settings: dict) -> None:
    for text, label in write(labelled("x", **settings), 20):
        assert label == "x"
        assert "aa" not in text or "ban" not in settings
        assert len(text) >= settings.get("min_chars", 0)


def test_all_candidates_of_a_text_have_its_label() -> None:
    alone, best = write(labelled(), 40), write(labelled(best_of=4), 40)
    assert [label for _, label in alone] == [label for _, label in best]


def test_no_text_holds_a_label_in_a_sampler_without_labels() -> None:
    texts = list(Sampler(MODEL, ONE).generate([""], seed=1, indices=range(50)))
    assert all(set(text.text) <= {"a", "b"} and text.label is None for text in texts)


def test_a_label_that_the_model_has_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="`label` 'z' is none of the model's, which are x, y"):
        labelled("z")
    with pytest.raises(ConfigError, match="the model has no labels"):
        Labels(MODEL.runtime, Pieces("ab")).start("z")
