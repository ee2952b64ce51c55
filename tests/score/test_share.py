"""How much of a text is scored, as it is told to whoever shows it."""

from __future__ import annotations

import pytest

from rnngen import api, score
from rnngen.score import TextPiece, reader
from tests.models import small_model


@pytest.mark.parametrize("stride", [None, 3])
@pytest.mark.parametrize("documents", ["line", "none"])
@pytest.mark.parametrize("adapts", [False, True])
def test_the_share_that_is_scored_is_told_to_its_end(monkeypatch, stride, documents, adapts):
    """A group of texts is taken in and then read, so the share falls and rises up to 1."""
    if adapts and stride:
        return
    monkeypatch.setattr(score, "GROUP", 50)
    monkeypatch.setattr(reader, "LONGEST_BLOCK", 4)
    model = api.LanguageModel(small_model(continuous=documents == "none"))
    scorer = model.scorer(stride=stride, adapt_rate=0.001 if adapts else None)
    shares: list[float] = []
    scorer.on_progress = shares.append
    texts = [TextPiece(f"{'ab' * k} {k}", documents == "line" or k == 39) for k in range(40)]
    scorer.whole(texts)
    assert all(0 <= share <= 1 for share in shares)
    assert shares[-1] == 1
    assert len(shares) > 20
