"""What only the subword tokenizer promises: its training, its words, its silence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.errors import TokenizerError
from rnngen.tokenizers import load, train
from rnngen.tokenizers import subword as subword_module
from rnngen.tokenizers import subword_training as training_module
from rnngen.tokenizers.base import decode, digest
from rnngen.tokenizers.subword import SubwordTokenizer
from rnngen.tokenizers.subword_training import default_vocab_size

from .corpora import HARD, JAPANESE, PROSE, MemoryCorpus, texts

if TYPE_CHECKING:
    from collections.abc import Callable

PROSE_TOKENIZER = train("subword", MemoryCorpus([PROSE]), vocab_size=340)
words = st.lists(st.sampled_from(["the", "water", "Zoë", "  ", " ", "日本", "x" * 70]), max_size=20)


@given(parts=words)
def test_words_are_encoded_as_sentencepiece_encodes_the_line(parts: list[str]) -> None:
    line = " ".join(parts).replace("x" * 70, "xyz")
    assert isinstance(PROSE_TOKENIZER, SubwordTokenizer)
    whole = PROSE_TOKENIZER._model.encode(line)
    assert PROSE_TOKENIZER.encode(line).tolist() == whole


@settings(max_examples=40)
@given(lines=st.lists(texts, max_size=8))
def test_what_was_encoded_before_does_not_matter(lines: list[str]) -> None:
    forgetful = SubwordTokenizer(PROSE_TOKENIZER.tensors()["model"].tobytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subword_module, "CACHED_WORDS", 5)
        for line in lines:
            np.testing.assert_array_equal(forgetful.encode(line), PROSE_TOKENIZER.encode(line))


@pytest.mark.parametrize("model_type", ["bpe", "unigram"])
def test_no_piece_holds_a_line_end_or_goes_from_word_to_word(model_type: str) -> None:
    tokenizer = train("subword", MemoryCorpus([PROSE * 9]), vocab_size=400, model_type=model_type)
    long = [p.decode() for p in tokenizer.pieces if len(p) > 1]
    assert "water" in {p.strip() for p in long}
    assert not [p for p in long if "\n" in p or re.search(r"\S\s", p)]


@pytest.mark.parametrize("character", "\0\t\u2581\u2585\ufffd")
def test_lines_with_characters_sentencepiece_drops_are_learned_from(character: str) -> None:
    text = f"the water{character}\n" * 50
    assert b" water" in train("subword", MemoryCorpus([text]), vocab_size=400).pieces


def test_subwords_are_fewer_than_bytes() -> None:
    assert len(PROSE_TOKENIZER.encode(PROSE)) < 0.5 * len(PROSE.encode())


def test_training_and_loading_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    tokenizer = train("subword", MemoryCorpus(["".join(HARD) * 5]), vocab_size=9999)
    load(tokenizer.settings(), tokenizer.tensors())
    with pytest.raises(TokenizerError):
        SubwordTokenizer(b"no model")
    assert capfd.readouterr() == ("", "")


def test_a_vocabulary_the_corpus_cannot_fill_is_smaller_and_said() -> None:
    notes: list[str] = []
    tokenizer = train("subword", MemoryCorpus(["abab"]), vocab_size=5000, note=notes.append)
    assert tokenizer.vocab_size < 270
    assert notes == [f"the corpus yields {tokenizer.vocab_size} subwords, not 5000."]


def test_nothing_is_said_of_a_vocabulary_as_large_as_asked() -> None:
    notes: list[str] = []
    tokenizer = train("subword", MemoryCorpus([PROSE]), vocab_size=310, note=notes.append)
    assert (tokenizer.vocab_size, notes) == (310, [])


def test_more_characters_than_the_vocabulary_holds_are_spelled_in_bytes() -> None:
    text = "".join(chr(c) for c in range(0x4E00, 0x5E00)) * 3
    tokenizer = train("subword", MemoryCorpus([text]), vocab_size=300)
    assert tokenizer.vocab_size <= 300
    assert decode(tokenizer, tokenizer.encode(text).tolist()) == text


def test_rare_characters_become_bytes_and_count_as_unseen() -> None:
    tokenizer = train("subword", MemoryCorpus([PROSE + "日"]), vocab_size=340)
    assert tokenizer.unseen("日") == ["日"]
    assert tokenizer.seen[tokenizer.encode("日")].all()


@pytest.mark.parametrize("text", ["", "\n\n", "\u2581\u2585\t\0\ufffd"])
def test_a_corpus_without_words_is_an_error_that_says_what_works(text: str) -> None:
    with pytest.raises(TokenizerError, match="use char or byte"):
        train("subword", MemoryCorpus([text]))


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(TokenizerError, match=r"300 tokens or more.*got 100"):
        train("subword", MemoryCorpus([PROSE]), vocab_size=100)
    with pytest.raises(TokenizerError, match="at most 65536 tokens, got 65537"):
        train("subword", MemoryCorpus([PROSE]), vocab_size=65537)
    with pytest.raises(TokenizerError, match=r"'word'.*bpe, unigram"):
        train("subword", MemoryCorpus([PROSE]), model_type="word")


def test_a_model_made_elsewhere_that_changes_text_is_refused() -> None:
    import io

    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter([PROSE]), model_writer=model, vocab_size=300, minloglevel=2,
        byte_fallback=True, hard_vocab_limit=False,
    )  # fmt: skip
    with pytest.raises(TokenizerError, match="begin with <unk>"):
        SubwordTokenizer(model.getvalue())


@given(data=st.data())
def test_a_damaged_model_is_refused_or_still_loses_nothing(data: st.DataObject) -> None:
    model = bytearray(PROSE_TOKENIZER.tensors()["model"].tobytes())
    for _ in range(data.draw(st.integers(1, 4))):
        model[data.draw(st.integers(0, len(model) - 1))] = data.draw(st.integers(0, 255))
    try:
        tokenizer = SubwordTokenizer(bytes(model))
    except TokenizerError:
        return
    assert decode(tokenizer, tokenizer.encode(PROSE).tolist()) == PROSE


def test_the_sample_is_spread_over_a_text_that_is_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_module, "CHUNK", 10)
    monkeypatch.setattr(training_module, "EXCERPT", 80)
    text = "".join(f"{i:09} " for i in range(1000))
    chunks, num_bytes, has_end = training_module._excerpt(MemoryCorpus([text], "none"))
    positions = [int(chunk) for chunk in chunks]
    assert (num_bytes, has_end) == (10_000, False)
    assert 4 <= len(positions) <= 8
    assert len(set(np.diff(positions))) == 1
    assert positions[-1] + positions[1] >= 1000


@pytest.mark.parametrize(("megabytes", "least", "most"), [(0.1, 400, 800), (5, 2000, 4000)])
def test_the_default_vocabulary_grows_with_the_corpus(
    megabytes: float, least: int, most: int
) -> None:
    letters = np.full(60, 1000)
    assert least < default_vocab_size(int(megabytes * 1e6), letters) < most


def test_the_default_vocabulary_stops_growing_where_it_would_cost_most_of_the_time() -> None:
    letters = np.full(60, 1000)
    assert default_vocab_size(80_000_000, letters) == default_vocab_size(10**12, letters) == 8192
    characters = np.full(5000, 1000)  # half of the pieces may be characters: all that are needed
    assert default_vocab_size(10**12, characters) // 2 >= 0.995 * 5000


def test_real_texts_come_back_whole(data_file: Callable[[str], Path]) -> None:
    for name in ("haiku_ja.txt", "tweets_emoji.txt"):
        lines = data_file(name).read_text(encoding="utf-8").splitlines()[:3000]
        corpus = MemoryCorpus(lines)
        tokenizer = train("subword", corpus, vocab_size=1000)
        text = "\n".join(lines)
        assert decode(tokenizer, tokenizer.encode(text).tolist()) == text


def test_the_tokenizer_is_the_same_in_another_process() -> None:
    code = (
        "from tests.tokenizers.corpora import JAPANESE, PROSE, MemoryCorpus;"
        "from rnngen.tokenizers import train;"
        "from rnngen.tokenizers.base import digest;"
        "print(digest(train('subword', MemoryCorpus([PROSE, JAPANESE]), model_type='unigram')))"
    )
    root = Path(__file__).resolve().parents[2]
    other = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    here = train("subword", MemoryCorpus([PROSE, JAPANESE]), model_type="unigram")
    assert other.stdout.split() == [digest(here)], other.stderr
