"""No text copies: the guard alone against the definition, and in the engine against a parrot."""

from __future__ import annotations

import itertools
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen import novelty
from rnngen.config import SampleConfig
from rnngen.errors import ConfigError
from rnngen.novelty import SPAN, SpanIndex
from rnngen.sampling.novelty_guard import NoveltyGuard
from rnngen.sampling.sampler import Sampler
from tests.doubles import MarkovRuntime, Pieces, ToyModel, UniformRuntime, _Runtime
from tests.novelty.test_novelty import Documents, Stream, hashes, words

ABC = "abcdefghijklmnopqrstuvwxyz"
HAIKU = (Path(__file__).parents[2] / "corpora" / "haiku.txt").read_text(encoding="utf-8")
POEMS = HAIKU[:8_000].split("\n\n")[:-1]
LETTERS = sorted(set("".join(POEMS)))
PARTS = [*LETTERS, "th", "he ", "ing", "\nthe ", "of the", "rain", " o", "e", "ou"]


class Exact(SpanIndex):
    """An index that makes no mistakes, to compare with what is exact."""

    def __init__(self, corpus: str, span: int = SPAN) -> None:
        super().__init__(span, 1, np.zeros(1, np.uint8))
        known = {corpus[k : k + span] for k in range(len(corpus) - span + 1)}
        object.__setattr__(self, "known", hashes(*known))

    def contains(self, hashes):
        return np.isin(hashes, self.known)


class Parrot(_Runtime):
    """Writes what came, in the documents, after the longest known of the last `order` tokens."""

    def __init__(self, tokenizer, documents, order=7, slip=1e-4):
        super().__init__(tokenizer.vocab_size, hidden_size=order)
        self.order = order
        known: dict[tuple[int, ...], np.ndarray] = {}
        for document in documents:
            ids = [tokenizer.end_id, *tokenizer.encode(document).tolist(), tokenizer.end_id]
            for end, length in itertools.product(range(1, len(ids)), range(order + 1)):
                context = tuple(ids[max(0, end - length) : end])
                known.setdefault(context, np.full(tokenizer.vocab_size, slip))[ids[end]] += 1
        self.logits = {context: np.log(counts) for context, counts in known.items()}

    def start(self, batch_size):
        return (np.full((1, batch_size, self.order), -1, dtype=np.float32),)

    def advance(self, ids, hidden):
        hidden = np.concatenate([hidden[:, 1:], ids[:, None]], axis=1)
        contexts = [[i for i in row if i >= 0] for row in hidden.astype(int).tolist()]
        return np.array([self.after(context) for context in contexts]), hidden

    def after(self, context):
        starts = range(len(context) + 1)
        return next(self.logits[c] for k in starts if (c := tuple(context[k:])) in self.logits)


TOKENIZERS = {
    "characters": Pieces(LETTERS),
    "parts of words": Pieces(PARTS),
    "bytes": Pieces(bytes([n]) for n in range(256)),
}
BYTES = TOKENIZERS["bytes"]
INDEX = novelty.build(Documents(POEMS))


def texts(runtime, tokenizer, *, n=40, prompt="", index=INDEX, width=64, forbidden=None, **rest):
    model = ToyModel(runtime, tokenizer, tokenizer.end_id, forbidden, index)
    sampler = Sampler(model, SampleConfig(**rest), width=width)
    return list(sampler.generate([prompt], seed=3, indices=range(n)))


@cache
def spans_of(length: int) -> set[str]:
    """All spans of the poems, plainly."""
    return {poem[k : k + length] for poem in POEMS for k in range(len(poem) - length + 1)}


def copies(text: str, length: int) -> bool:
    """Whether a span of `length` characters is in a poem, by the definition."""
    return any(text[k : k + length] in spans_of(length) for k in range(len(text) - length + 1))


@cache
def parrot_of(tokens: str) -> Parrot:
    return Parrot(TOKENIZERS[tokens], POEMS)


@pytest.mark.parametrize("tokens", TOKENIZERS)
@pytest.mark.parametrize("rule", [{}, {"top_k": 1}, {"top_p": 0.5}, {"best_of": 3}, {"beam": 2}])
def test_no_text_copies_however_much_the_model_likes_to(tokens, rule):
    tokenizer, parrot = TOKENIZERS[tokens], parrot_of(tokens)
    n = 3 if rule else 20
    for length in (SPAN, SPAN + 5):
        free = texts(parrot, tokenizer, n=n, length=90, **rule)
        assert sum(copies(text.text, length) for text in free) > 0.5 * n
        drawn = texts(parrot, tokenizer, n=n, novel=length, length=90, **rule)
        assert not any(copies(text.text, length) for text in drawn)
        assert INDEX.longest_copied(drawn[0].text) < length


def test_of_a_thousand_texts_none_copies():
    tokenizer, parrot = TOKENIZERS["characters"], parrot_of("characters")
    drawn = texts(parrot, tokenizer, n=1000, novel=SPAN + 5, length=40)
    assert not any(copies(text.text, SPAN + 5) for text in drawn)
    assert max(INDEX.longest_copied(text.text) for text in drawn) == SPAN + 4


def test_a_text_without_copies_is_the_same_whatever_the_batch():
    parrot = parrot_of("bytes")
    of_64 = texts(parrot, BYTES, n=64, novel=SPAN + 1, length=40)
    for n, width in ((9, 1), (64, 7), (5, 64)):
        assert texts(parrot, BYTES, n=n, width=width, novel=SPAN + 1, length=40) == of_64[:n]
    model = ToyModel(parrot, BYTES, BYTES.end_id, novelty=INDEX)
    sampler = Sampler(model, SampleConfig(novel=SPAN + 1, length=40))
    pieces = sampler.stream(seed=3, index=4)
    assert "".join(pieces) == of_64[4].text


def test_a_text_that_would_copy_nothing_is_drawn_as_if_copies_were_allowed():
    parrot = parrot_of("bytes")
    free = texts(parrot, BYTES, n=20, index=None)
    assert texts(parrot, BYTES, n=20) == free
    assert texts(parrot, BYTES, n=20, novel=10**12) == free
    for text, guarded in zip(free, texts(parrot, BYTES, n=20, novel=SPAN + 9), strict=True):
        assert not copies(text.text, SPAN + 9) or text.text != guarded.text


def test_the_tokens_left_are_drawn_as_the_model_would():
    corpus = "ab" * 30
    chain = np.array(
        [[0.1, 0.5, 0.2, 0.2], [0.6, 0.1, 0.2, 0.1], [0.3, 0.3, 0.3, 0.1], [1, 0, 0, 0]]
    )
    law = chain[0] * [1, 0, 1, 1] / 0.5  # after "abababa" another b would be a copy
    [*drawn] = texts(
        MarkovRuntime(chain),
        Pieces("abc"),
        n=2000,
        index=Exact(corpus, 6),
        novel=8,
        prompt="abababa",
        length=1,
    )
    counts = [sum((t.text or "$") == c for t in drawn) for c in "abc$"]
    assert counts[1] == 0
    expected = 2000 * law[[0, 2, 3]]
    assert ((np.array(counts)[[0, 2, 3]] - expected) ** 2 / expected).sum() < 13.82  # 99.9%


def test_the_prompt_counts_and_the_likeliest_new_token_is_taken():
    corpus = words(100)
    chain = np.full((27, 27), 0.01)
    chain[:, ABC.index(corpus[30])], chain[:, 7] = 0.5, 0.25
    rule = {"index": Exact(corpus), "novel": SPAN + 3, "temperature": 0.0, "length": 1}
    runtime = MarkovRuntime(chain / chain.sum(axis=1, keepdims=True))
    for before, expected in ((SPAN + 2, ABC[7]), (SPAN + 1, corpus[30])):
        prompt = corpus[30 - before : 30]
        [text] = texts(runtime, Pieces(ABC), n=1, prompt=prompt, **rule)
        assert text.text == expected


def test_a_text_ends_where_every_token_would_copy():
    forbidden = np.array([False, True])  # as in continuous text
    [text] = texts(
        UniformRuntime(2),
        Pieces("a"),
        n=1,
        index=novelty.build(Stream(["a" * 100])),
        novel=SPAN + 4,
        min_chars=50,
        forbidden=forbidden,
    )
    assert (text.text, text.stop_reason) == ("a" * (SPAN + 3), "end")


CORPUS = "".join(itertools.islice(itertools.cycle("abcabdaab cbaéb"), 90)) + "abc é" * 7
SYLLABLES = ["a", "b", "c", "d", " ", "é", "ab", "ca", "bd", "aab ", "abcab", "ébé", "c é"]
CUT = [b"\xc3", b"\xa9", b"\xa8", b"a\xc3", b"\xa9b"]


def completes(before: str, after: str, length: int, span: int) -> bool:
    """Whether `after` adds a character to `before` that ends a span of `length` of the corpus,
    where a span is as good as in it if all its parts of `span` characters are."""
    known = {CORPUS[k : k + span] for k in range(len(CORPUS) - span + 1)}
    ends = range(max(len(before) + 1, length), len(after) + 1)
    return any(
        all(after[k : k + span] in known for k in range(end - length, end - span + 1))
        for end in ends
    )


def is_utf8_so_far(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


@settings(max_examples=150)
@given(
    st.sampled_from([3, 4, 6]),
    st.integers(0, 9),
    st.booleans(),
    st.integers(0, len(CORPUS) - 30),
    st.lists(st.integers(0, len(SYLLABLES + CUT) - 1), max_size=8),
)
def test_exactly_the_tokens_that_complete_a_copy_are_forbidden(span, more, cut, at, ids):
    pieces = Pieces([*SYLLABLES, *CUT] if cut else SYLLABLES).pieces
    length, prompt = span + more, CORPUS[at : at + more]
    guard = NoveltyGuard(Exact(CORPUS, span), length, pieces)
    trail, data = guard.start(prompt), prompt.encode()
    for token in ids:
        if token < len(pieces) and is_utf8_so_far(data + pieces[token]):
            trail, data = guard.advance(trail, token), data + pieces[token]
    [mask] = guard.masks([trail])
    before = data.decode(errors="ignore")
    for token, piece in enumerate(pieces):
        if is_utf8_so_far(data + piece):
            after = (data + piece).decode(errors="ignore")
            assert mask[token] == completes(before, after, length, span)


def test_masks_of_many_texts_are_those_of_each():
    corpus = words(400)
    guard = NoveltyGuard(Exact(corpus), SPAN + 2, Pieces(ABC).pieces)
    trails = [guard.start(corpus[k : k + SPAN + 1]) for k in range(300)]
    together = guard.masks(trails)
    assert together.sum() >= 300
    for trail, mask in zip(trails, together, strict=True):
        assert guard.masks([trail]).tolist() == [mask.tolist()]


def test_a_copy_shorter_than_the_index_can_tell_is_refused_by_name():
    with pytest.raises(ConfigError, match=f"`novel` must be at least {SPAN}, .*got {SPAN - 1}"):
        texts(UniformRuntime(4), Pieces("abc"), novel=SPAN - 1)
    with pytest.raises(ConfigError, match="`novel` must be a whole number, at least 1, got 0"):
        SampleConfig(novel=0)


def test_a_model_without_an_index_says_how_to_get_one():
    with pytest.raises(ConfigError, match="with `novelty`"):
        texts(UniformRuntime(4), Pieces("abc"), index=None, novel=50)


# What follows is about text that NFC changes: marks that compose, wait, or change their order,
# Hangul letters, and signs that stand for others (the Kelvin and Angstrom signs).
MARKED = (
    "fe\u0301 d\u0323\u0307a\u030a \u1112\u1161\u11ab\u1100\u1173\u11af q\u0307\u0323e\u0327\u0301 "
)
MARKED_CORPUS = unicodedata.normalize("NFC", MARKED * 3 + "Åéḍ̇ 한글 K" * 2)
MARKED_PIECES = [
    *sorted(set(unicodedata.normalize("NFD", MARKED_CORPUS)) | set(MARKED_CORPUS)),
    *("\u212b", "\u212a", "e\u0301", "\u0301 ", "\u0323\u0307", "fe", "a\u030a \u1112", "\u0301a"),
]


def completes_in_nfc(before: str, added: str, length: int, span: int) -> bool:
    """Whether, once `added` or its beginning is read, the NFC of all ends or changed in a copy."""
    known = {MARKED_CORPUS[k : k + span] for k in range(len(MARKED_CORPUS) - span + 1)}
    before_nfc = unicodedata.normalize("NFC", before)
    for size in range(1, len(added) + 1):
        after = unicodedata.normalize("NFC", before + added[:size])
        same = 0
        while same < min(len(before_nfc), len(after)) and before_nfc[same] == after[same]:
            same += 1
        for end in range(max(same + 1, length), len(after) + 1):
            if all(after[k : k + span] in known for k in range(end - length, end - span + 1)):
                return True
    return False


@settings(max_examples=300)
@given(
    st.sampled_from([3, 5]),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, len(MARKED_CORPUS) - 12),
    st.integers(0, 10),
    st.booleans(),
    st.lists(st.integers(0, len(MARKED_PIECES) - 1), max_size=3),
    st.lists(st.integers(0, len(MARKED_PIECES) - 1), max_size=4),
)
def test_a_copy_is_seen_however_its_characters_are_composed(
    span, more, in_bytes, at, size, decomposed, noise, ids
):
    pieces = [bytes([n]) for n in range(256)] if in_bytes else [p.encode() for p in MARKED_PIECES]
    guard = NoveltyGuard(Exact(MARKED_CORPUS, span), span + more, [*pieces, b""])
    copied = MARKED_CORPUS[at : at + size]
    copied = unicodedata.normalize("NFD", copied) if decomposed else copied
    prompt = "".join(MARKED_PIECES[n] for n in noise)
    trail, text = guard.start(prompt), unicodedata.normalize("NFC", prompt)
    for char in [*copied, *(MARKED_PIECES[n] for n in ids)]:
        rest, places = trail, char.encode() if in_bytes else [MARKED_PIECES.index(char)]
        *first, last = places
        for place in first:
            rest = guard.advance(rest, place)
        expected = completes_in_nfc(text, char, span + more, span)
        [mask] = guard.masks([rest])
        assert mask[last] == expected
        assert guard.copies(trail, char.encode()) == expected
        trail, text = guard.advance(rest, last), text + char


def test_marks_beyond_what_is_kept_of_a_text_still_change_its_base():
    corpus = "\u00e9" + "\u0323" * 40 + "z" * 10
    pieces = ["e", "\u0323", "\u0301", ""]
    guard = NoveltyGuard(
        Exact(unicodedata.normalize("NFC", corpus), 4), 4, [p.encode() for p in pieces]
    )
    trail = guard.start("e" + "\u0323" * 39)
    assert guard.masks([trail]).tolist() == [
        [completes_plainly(corpus, "e" + "\u0323" * 39, piece) for piece in pieces]
    ]


def completes_plainly(corpus: str, before: str, added: str, length: int = 4) -> bool:
    """Whether the NFC of a text has one more span of `length` of the corpus than before."""
    corpus, before, after = (
        unicodedata.normalize("NFC", text) for text in (corpus, before, before + added)
    )
    known = {corpus[k : k + length] for k in range(len(corpus) - length + 1)}
    changed = next((k for k in range(len(before)) if before[k] != after[k : k + 1]), len(before))
    ends = range(max(changed + 1, length), len(after) + 1)
    return any(after[end - length : end] in known for end in ends)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_model_of_decomposed_text_copies_nothing_in_any_form(form):
    poems = [unicodedata.normalize(form, accented(poem)) for poem in POEMS]
    known = {
        nfc[k : k + SPAN + 4]
        for nfc in (unicodedata.normalize("NFC", poem) for poem in poems)
        for k in range(len(nfc) - SPAN - 3)
    }
    tokenizer = Pieces(sorted(set("".join(poems))))
    index = novelty.build(Documents(unicodedata.normalize("NFC", poem) for poem in poems))

    def copied(text: str) -> bool:
        nfc = unicodedata.normalize("NFC", text)
        return any(nfc[k : k + SPAN + 4] in known for k in range(len(nfc)))

    parrot = Parrot(tokenizer, poems)
    free = texts(parrot, tokenizer, n=20, index=index, length=150)
    drawn = texts(parrot, tokenizer, n=20, index=index, novel=SPAN + 4, length=150)
    assert sum(copied(text.text) for text in free) > 5
    assert not any(copied(text.text) for text in drawn)


def accented(text: str) -> str:
    """`text` with an accent on each vowel."""
    return "".join(char + "\u0301" * (char in "aeiou") for char in text)
