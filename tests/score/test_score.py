"""Scores: against torch, against each other, and against what can be worked out by hand."""

from __future__ import annotations

import math
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen import api, checkpoint, runs, score
from rnngen.corpus import open_corpus
from rnngen.errors import CheckpointError, ConfigError, CorpusError
from rnngen.score import Score, Scorer, TextPiece, adapt, reader, text_pieces
from rnngen.score.reader import RuntimeReader
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.char import CharTokenizer
from tests.doubles import MarkovRuntime, MemoryRuntime, Pieces, UniformRuntime
from tests.models import small_model

POEMS = ["old pond", "蛙 leaps in\nsplash", "x", "a much longer one, of many words " * 9, "", "été"]
TEXTS = st.lists(st.text("ab c\ndé蛙", max_size=40), min_size=1, max_size=8)


def model(**settings: Any) -> api.LanguageModel:
    return api.LanguageModel(small_model(**settings))


def scorer(runtime: Any, tokenizer: Any, stride: int | None = None, **options: Any) -> Scorer:
    options = {"start_id": tokenizer.end_id, "continuous": False, **options}
    return Scorer(RuntimeReader(runtime, stride), tokenizer, **options)


def parts(text: str, cuts: list[int]) -> list[TextPiece]:
    """One text in pieces."""
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)] or [""]
    return [TextPiece(piece, last=i == len(pieces)) for i, piece in enumerate(pieces, 1)]


def nats(reads: Any) -> list[float]:
    return np.concatenate([read.nats for read in reads]).tolist()


def torch_nats(stored: checkpoint.Model, text: str, stride: int | None) -> float:
    """What torch's cross_entropy says of the text, in windows read one by one."""
    torch = pytest.importorskip("torch")
    from rnngen.model.torch.rnnlm import RNNLM

    network = RNNLM(stored.config).eval()
    network.load_state_dict({name: torch.tensor(array) for name, array in stored.weights.items()})
    end = [] if stored.continuous else [stored.tokenizer.end_id]
    ids = torch.tensor([stored.start_id, *stored.tokenizer.encode(text).tolist(), *end])
    total = 0.0
    for i in range(0, len(ids) - 1, stride or len(ids)):
        window = ids[i : i + (stride or len(ids)) + 1]
        with torch.no_grad():
            logits, _ = network(window[None, :-1])
        total += float(
            torch.nn.functional.cross_entropy(logits[0].double(), window[1:], reduction="sum")
        )
    return total


@pytest.mark.parametrize("stride", [None, 7, 64])
@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize(
    "shape",
    [
        {"cell": "lstm", "num_layers": 2},
        {"cell": "gru", "norm": False, "skip": False},
        {"cell": "lstm", "tie_weights": True, "norm": False},
        {"cell": "gru", "num_layers": 2, "embedding_dim": 5},
    ],
)
def test_a_score_is_torchs_cross_entropy(shape: dict[str, Any], continuous: bool, stride):
    stored = small_model(seed=3, continuous=continuous, **shape)
    texts = [text for text in POEMS if text]
    found = api.LanguageModel(stored).scorer(stride=stride).each(map(TextPiece, texts))
    for text, document in zip(texts, found, strict=True):
        assert document.score.nats == pytest.approx(torch_nats(stored, text, stride), rel=1e-5)
        assert document.score.tokens == len(text.encode()) + (not continuous)


def test_a_text_of_a_markov_chain_has_the_surprise_of_its_transitions():
    letters = Pieces("ab")  # a, b, end
    chain = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.9, 0.05, 0.05]])
    [found] = scorer(MarkovRuntime(chain), letters).each([TextPiece("aab")])
    assert found.score.nats == pytest.approx(-math.log(0.9 * 0.5 * 0.25 * 0.125))
    assert (found.score.tokens, found.score.bytes, found.score.characters) == (4, 4, 4)
    stream = scorer(MarkovRuntime(chain), letters, start_id=1, continuous=True)
    assert stream.whole([TextPiece("aab")]).nats == pytest.approx(-math.log(0.125 * 0.5 * 0.25))


@settings(max_examples=40)
@given(TEXTS)
def test_a_uniform_model_needs_log2_of_its_vocabulary_for_each_token(texts: list[str]):
    found = scorer(UniformRuntime(257), ByteTokenizer()).whole(map(TextPiece, texts))
    assert found.nats_per_token / math.log(2) == pytest.approx(math.log2(257), rel=1e-14)
    assert found.bits_per_byte == pytest.approx(math.log2(257), rel=1e-14)
    assert found.perplexity == pytest.approx(257)


@settings(max_examples=40)
@given(TEXTS, st.randoms(), st.sampled_from([None, 3]))
def test_the_whole_is_the_sum_over_documents_in_any_order(texts: list[str], random, stride):
    tokenizer = ByteTokenizer()
    found = scorer(MemoryRuntime(257), tokenizer, stride)
    each = [document.score for document in found.each(map(TextPiece, texts))]
    order = random.sample(range(len(texts)), len(texts))
    again = [document.score for document in found.each(TextPiece(texts[i]) for i in order)]
    assert again == [each[i] for i in order]
    whole = found.whole(map(TextPiece, texts))
    assert whole.nats == pytest.approx(math.fsum(s.nats for s in each), rel=1e-14)
    assert whole.tokens == sum(s.tokens for s in each) == whole.bytes
    assert whole.bytes == sum(len(text.encode()) + 1 for text in texts)
    assert whole.characters == sum(len(text) + 1 for text in texts)


@settings(max_examples=40)
@given(st.text("abé蛙", max_size=60), st.lists(st.integers(1, 59), max_size=4))
def test_the_carried_state_is_that_of_one_forward_pass(text: str, cuts: list[int]):
    """Whether the text comes whole or in parts."""
    runtime, tokenizer = MemoryRuntime(257), ByteTokenizer()
    row = np.array([[256, *tokenizer.encode(text), 256]])
    logits, _ = runtime.forward(row[:, :-1], runtime.start(1))
    below = logits[0].astype(np.float64)
    expected = np.log(np.exp(below).sum(axis=1)) - below[range(len(below)), row[0, 1:]]
    found = scorer(runtime, tokenizer)
    for given_as in ([TextPiece(text)], parts(text, cuts)):
        np.testing.assert_allclose(nats(found.read(given_as)), expected, rtol=1e-5)


@settings(max_examples=40)
@given(st.text("abé", max_size=60), st.lists(st.integers(1, 59), max_size=4), st.integers(1, 20))
def test_windows_are_the_same_however_a_text_is_cut(text: str, cuts: list[int], stride: int):
    found = scorer(MemoryRuntime(257), ByteTokenizer(), stride)
    whole = nats(found.read([TextPiece(text)]))
    assert nats(found.read(parts(text, cuts))) == pytest.approx(whole, rel=1e-12)
    row = [256, *text.encode(), 256]
    windows = [row[i : i + stride + 1] for i in range(0, len(row) - 1, stride)]
    runtime = MemoryRuntime(257)
    alone = [
        n
        for w in windows
        for n in RuntimeReader(runtime).read_next(np.array(w), first=True).tolist()
    ]
    assert whole == pytest.approx(alone, rel=1e-12)


@settings(max_examples=20)
@given(TEXTS, st.sampled_from([1, 2, 128]), st.sampled_from([1, 999, 1 << 22]))
def test_texts_side_by_side_score_as_they_do_alone(texts: list[str], streams: int, logits: int):
    """To the last bit, however few logits may be held at once."""
    found = model(seed=2).scorer()
    alone = [next(found.each([TextPiece(text)])).score for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "STREAMS", streams)
        patch.setattr(reader, "LOGITS", logits)
        patch.setattr(score, "GROUP", streams * 10)
        assert [document.score for document in found.each(map(TextPiece, texts))] == alone


def test_no_more_logits_are_held_at_once_than_allowed(monkeypatch):
    sizes = []

    class Watched(UniformRuntime):
        def forward(self, ids: Any, state: Any) -> Any:
            sizes.append(ids.size * self.config.vocab_size)
            return super().forward(ids, state)

    monkeypatch.setattr(reader, "LOGITS", 257 * 200)
    found = scorer(Watched(257), ByteTokenizer())
    list(found.each([*map(TextPiece, ["ab" * n for n in range(150)]), *parts("abc" * 900, [1000])]))
    assert max(sizes) <= 257 * 200
    assert len(sizes) < 1000  # and not one token at a time


def test_texts_are_read_as_they_come(monkeypatch):
    monkeypatch.setattr(score, "GROUP", 100)
    found = scorer(UniformRuntime(257), ByteTokenizer())
    assert next(found.each(repeat(TextPiece("abc")))).score.tokens == 4


@settings(max_examples=40)
@given(TEXTS)
def test_tokens_join_to_the_text_and_sum_to_the_whole(texts: list[str]):
    found = scorer(MemoryRuntime(257), ByteTokenizer())
    tokens = list(found.tokens(map(TextPiece, texts)))
    for index, text in enumerate(texts):
        own = [token for token in tokens if token.document == index]
        assert "".join(token.text for token in own) == text
        assert [token.ends for token in own] == [False] * len(text.encode()) + [True]
    whole = found.whole(map(TextPiece, texts))
    assert math.fsum(token.nats for token in tokens) == pytest.approx(whole.nats, rel=1e-14)


def test_bytes_and_characters_are_the_texts_own_whatever_the_tokens():
    text = "été 蛙🐸 Z"
    for tokens in (Pieces(["é", "t", "té 蛙", "🐸", " ", "Z"]), ByteTokenizer()):
        found = scorer(UniformRuntime(tokens.vocab_size), tokens).whole([TextPiece(text)])
        assert (found.bytes, found.characters) == (len(text.encode()) + 1, len(text) + 1)


@given(st.floats(0, 1e4), st.integers(1, 1000))
def test_perplexity_is_e_to_the_nats_per_token(total: float, tokens: int):
    found = Score(total, tokens, 1, 1)
    assert math.log(found.perplexity) == pytest.approx(total / tokens, abs=1e-12) or (
        total / tokens > 700
    )
    assert found.to_dict()["bits_per_byte"] == total / math.log(2)


def test_documents_are_named_by_file_and_first_words(tmp_path: Path):
    (tmp_path / "a.txt").write_text("old pond\na frog\n\n\n" + "word " * 50 + "\n")
    (tmp_path / "b.txt").write_text("蛙" * 100)
    names = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    found = scorer(UniformRuntime(257), ByteTokenizer())
    each = list(found.each(text_pieces(open_corpus(names, documents="paragraph"))))
    assert [d.index for d in each] == [0, 1, 2]
    assert [d.file for d in each] == [names[0], names[0], names[1]]
    assert each[0].first_words == "old pond a frog"
    assert each[1].first_words == "word " * 10 + "word..."
    assert each[2].first_words == "蛙" * 57 + "..."


def test_in_mode_none_each_file_is_a_stream_also_a_long_one(tmp_path: Path):
    (tmp_path / "a.txt").write_text("ab\n\ncd\n")
    (tmp_path / "b.txt").write_text("x" * ((1 << 20) + 5))
    names = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    found = list(text_pieces(open_corpus(names, documents="none")))
    assert found[0] == TextPiece("ab\n\ncd\n", True, names[0])
    assert [part.last for part in found] == [True, False, True]
    assert max(len(part.text) for part in found) <= score.PIECE
    assert "".join(part.text for part in found[1:]) == "x" * ((1 << 20) + 5)


def test_the_held_out_text_scores_what_the_training_log_says(tmp_path: Path):
    from tests.training.short_runs import TEXT, plan, run

    work = plan(tmp_path / "r", steps=40)
    run(work)
    stored = checkpoint.load_model(tmp_path / "r" / runs.MODEL_FILE)
    held_out = TEXT.decode()[-work.validation.num_tokens :]
    found = api.LanguageModel(stored).score(held_out)
    metrics = stored.facts["metrics"]
    assert found.nats_per_token == pytest.approx(metrics["best_valid_nats_per_token"], rel=1e-5)
    assert found.bits_per_byte == pytest.approx(metrics["best_valid_bits_per_byte"], rel=1e-5)


def test_the_library_reads_a_text_as_a_file_is_read():
    poems, prose = model(), model(continuous=True)
    assert poems.score("\r\n old\r\npond\n\n") == poems.score(" old\npond")
    assert poems.score("e\u0301t\u0301") == poems.score("ét\u0301")
    assert prose.score("old pond\n") != prose.score("old pond")
    assert prose.score("old pond").tokens == 8
    assert poems.score("old pond").tokens == 9


def test_a_text_of_nothing_is_refused():
    for text in ("", "\n\n", " \r\n"):
        with pytest.raises(CorpusError, match="no text to score"):
            model().score(text)
    with pytest.raises(CorpusError, match="no text to score"):
        model(continuous=True).score("")


def test_settings_that_cannot_be_are_refused():
    for stride in (0, -3):
        with pytest.raises(ConfigError, match="`stride` must be at least 1"):
            model().scorer(stride=stride)
    for rate in (0, -1, math.nan, math.inf):
        with pytest.raises(ConfigError, match="`adapt_rate` must be above 0"):
            model().scorer(adapt_rate=rate)
    with pytest.raises(ConfigError, match="`stride` forgets"):
        model().scorer(stride=2, adapt_rate=0.1)


def test_weights_that_are_no_numbers_are_an_error():
    stored = small_model()
    stored.weights["output.bias"][3] = np.nan
    with pytest.raises(CheckpointError, match="not a number"):
        api.LanguageModel(stored).score("old pond")


REPETITIVE = "the old pond, the frog; " * 30


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_adapting_lowers_the_loss_on_a_repetitive_text_and_keeps_the_weights(cell: str):
    stored = small_model(seed=4, cell=cell)
    before = {name: array.copy() for name, array in stored.weights.items()}
    mine = api.LanguageModel(stored)
    fixed = mine.score(REPETITIVE)
    adapted = mine.score(REPETITIVE, adapt_rate=1e-2)
    assert adapted.nats < 0.8 * fixed.nats
    assert (adapted.tokens, adapted.bytes) == (fixed.tokens, fixed.bytes)
    assert mine.score(REPETITIVE) == fixed
    assert all((stored.weights[name] == array).all() for name, array in before.items())


def test_an_adapting_model_has_not_seen_what_it_foretells():
    """The surprise of a token depends on nothing that comes after it."""
    one, other = REPETITIVE[:300], REPETITIVE[:200] + "X" * 100
    mine = model(seed=4)
    first, second = (
        [token.nats for token in mine.scorer(adapt_rate=1e-2).tokens([TextPiece(text)])]
        for text in (one, other)
    )
    assert first[:200] == pytest.approx(second[:200], rel=1e-6)
    fixed = [token.nats for token in mine.scorer().tokens([TextPiece(one)])]
    assert first[: adapt.STRETCH] == pytest.approx(fixed[: adapt.STRETCH], rel=1e-5)
    assert first[adapt.STRETCH] != pytest.approx(fixed[adapt.STRETCH], rel=1e-5)


def test_what_is_learned_from_a_text_serves_the_next():
    mine = model(seed=4)
    texts = [TextPiece(REPETITIVE[:100])] * 5
    found = [d.score.nats for d in mine.scorer(adapt_rate=1e-2).each(texts)]
    assert found == sorted(found, reverse=True)


def test_adapting_too_fast_is_an_error_that_names_the_rate():
    with pytest.raises(ConfigError, match="`adapt_rate` 1e\\+30 is too high"):
        model().score(REPETITIVE, adapt_rate=1e30)


def test_a_char_model_counts_the_bytes_of_rare_characters_once():
    tokenizer = CharTokenizer(np.array([0xE9], np.uint32), np.ones(258, np.bool_))
    found = scorer(UniformRuntime(258), tokenizer).whole([TextPiece("é蛙")])
    assert (found.tokens, found.bytes, found.characters) == (1 + 3 + 1, 2 + 3 + 1, 3)
