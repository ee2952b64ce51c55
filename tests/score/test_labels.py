"""Scores by a model with labels: of one label, or of all as a mixture."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from rnngen import api
from rnngen.errors import ConfigError
from rnngen.model.labels import Labels
from rnngen.score import Scorer, TextPiece
from rnngen.score.labels import label_reader
from rnngen.tokenizers.labelled import LabelledTokenizer
from tests.doubles import MemoryRuntime, Pieces
from tests.models import labelled_model, small_model

TOKENS = LabelledTokenizer(Pieces("ab"), ["x", "y"])
RUNTIME = MemoryRuntime(5)
IDS = {"a": 0, "b": 1, "end": 2, "x": 3, "y": 4}


def probability(label: str, text: str) -> float:
    """Of the text and its end after the label, token by token."""
    state = RUNTIME.start(1)
    _, state = RUNTIME.step(np.array([2]), state)
    logits, state = RUNTIME.step(np.array([IDS[label]]), state)
    found = 1.0
    for token in (*(IDS[char] for char in text), 2):
        shares = np.exp(logits[0].astype(float))
        found *= shares[token] / shares.sum()
        logits, state = RUNTIME.step(np.array([token]), state)
    return float(found)


def nats(text: str, label: str | None, cuts: tuple[int, ...] = ()) -> float:
    scorer = Scorer(
        label_reader(RUNTIME, TOKENS, label, None), TOKENS, start_id=2, continuous=False
    )
    places = [0, *cuts, len(text)]
    parts = [text[i:j] for i, j in pairwise(places)]
    pieces = [TextPiece(part, last=n == len(parts)) for n, part in enumerate(parts, 1)]
    return scorer.whole(pieces).nats


@pytest.mark.parametrize("label", ["x", "y"])
def test_of_a_known_label_the_text_alone_is_scored(label: str) -> None:
    assert nats("abba", label) == pytest.approx(-math.log(probability(label, "abba")))


@pytest.mark.parametrize("cuts", [(), (1,), (2, 3)])
def test_of_an_unknown_label_all_are_added_up(cuts: tuple[int, ...]) -> None:
    shares = np.exp(Labels(RUNTIME, TOKENS).logs)
    assert shares.sum() == pytest.approx(1)
    whole = sum(share * probability(x, "abba") for share, x in zip(shares, "xy", strict=True))
    assert nats("abba", None, cuts) == pytest.approx(-math.log(whole))


def test_tokens_add_up_to_the_text() -> None:
    model = api.LanguageModel(labelled_model("x", "y"))
    tokens = list(model.scorer().tokens([TextPiece("old pond")]))
    assert "".join(token.text for token in tokens) == "old pond"
    assert sum(token.nats for token in tokens) == pytest.approx(model.score("old pond").nats)
    assert model.score("old pond").bytes == 9  # with the end


def test_what_cannot_be_scored_is_refused() -> None:
    many = api.LanguageModel(labelled_model(*map(str, range(65))))
    with pytest.raises(ConfigError, match=r"65 labels, too many .* such as 0, 1, 2"):
        many.score("a")
    assert many.score("a", label="7").nats > 0
    with pytest.raises(ConfigError, match="`adapt` is not for models with labels"):
        many.score("a", label="7", adapt_rate=0.001)
    with pytest.raises(ConfigError, match="the model has no labels"):
        api.LanguageModel(small_model()).score("a", label="x")
