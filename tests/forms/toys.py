"""A language of ten words, small enough to write down every text of a form."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.forms.language.lexicon import Lexicon
from rnngen.forms.spec import parse
from tests.forms.doubles import ContextRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.forms.spec import FormSpec


class Word(NamedTuple):
    frequency: int
    syllables: int
    ending: int
    onset: int


WORDS = {
    "a": Word(9, 1, -1, -1),
    "ab": Word(5, 1, 1, 1),
    "aba": Word(4, 2, 2, 1),
    "ba": Word(3, 1, 2, 2),
    "bad": Word(2, 1, 1, 2),
    "c": Word(6, 1, 1, 3),
    "cab": Word(1, 2, 2, 3),
    "dab": Word(2, 3, 2, 4),
    "dada": Word(1, 2, 1, 4),
    "d": Word(1, 1, -1, -1),
}
CHARACTERS = "abcd \n."
END_ID = len(CHARACTERS)
PIECES = [c.encode() for c in CHARACTERS] + [b""]


def lexicon(words: dict[str, Word]) -> Lexicon:
    """A lexicon of these words, all taken for English."""
    names = tuple(sorted(words))
    column = {field: [getattr(words[name], field) for name in names] for field in Word._fields}
    total = sum(column["frequency"])
    return Lexicon(
        names,
        np.array(column["frequency"], np.int64),
        np.array(column["syllables"], np.uint8),
        np.ones(len(names), bool),
        np.array(column["ending"], np.int32),
        np.array(column["onset"], np.int32),
        np.zeros((3, 256), np.int64),
        np.zeros((3, 1024), np.int64),
        np.array([total, total, 0, 0]),
    )


def form(**keys: object) -> FormSpec:
    return parse({"name": "toy", "unit": "syllables", **keys}, "toy.toml")


def runtime(seed: int, vocab_size: int = END_ID + 1, sharpness: float = 1.0) -> ContextRuntime:
    """A model whose next token depends on the last two, otherwise at random."""
    tables: dict[tuple[int, ...], NDArray[np.float64]] = {}

    def logits(context: tuple[int, ...]) -> NDArray[np.float64]:
        if context not in tables:
            key = [seed, *(token + 1 for token in context)]
            tables[context] = np.random.default_rng(key).normal(size=vocab_size) * sharpness
        return tables[context]

    return ContextRuntime(vocab_size, 2, logits)


def log_probabilities(
    model: ContextRuntime, tokens: Sequence[int], temperature: float
) -> list[NDArray[np.float64]]:
    """The log-distribution before each of `tokens`, after the end token: each (V,)."""
    read = [-1, END_ID, *tokens]
    return [_distribution(model, (a, b), temperature) for a, b in itertools.pairwise(read[:-1])]


@cache
def _distribution(
    model: ContextRuntime, context: tuple[int, ...], temperature: float
) -> NDArray[np.float64]:
    scaled = model.log_probabilities(context).astype(np.float64) / temperature
    found: NDArray[np.float64] = scaled - np.logaddexp.reduce(scaled)
    return found


def texts(spec: FormSpec, stops: int = 0) -> Iterator[str]:
    """Every text of the form as the model writes it, with what ends it; "" is the end token.

    Written by hand for forms of the ten words: after a word come up to `stops` full stops; the last
    line needs one if the form ends with a sentence.
    """
    wrap = spec.break_ == "wrap"
    breaks = list(itertools.product(" \n" if wrap else "\n", repeat=len(spec.lines) - 1))
    lines = [list(_lines(limits, stops)) for limits in spec.lines]
    for chosen in itertools.product(*lines):
        if _rhymed([line[-1].rstrip(".") for line in chosen], spec):
            for between in breaks:
                joined = itertools.zip_longest(map(" ".join, chosen), between, fillvalue="")
                body = "".join(itertools.chain.from_iterable(joined))
                if spec.end != "sentence" or body.endswith("."):
                    for last in ("", "\n", " ") if wrap else ("", "\n"):
                        yield body + last


def _lines(limits: tuple[int, int], stops: int) -> Iterator[tuple[str, ...]]:
    for size in range(1, limits[1] + 1):
        for words in itertools.product(WORDS, repeat=size):
            if limits[0] <= sum(WORDS[word].syllables for word in words) <= limits[1]:
                for dots in itertools.product(range(stops + 1), repeat=size):
                    yield tuple(w + "." * n for w, n in zip(words, dots, strict=True))


def _rhymed(last: list[str], spec: FormSpec) -> bool:
    groups: dict[str, list[Word]] = {}
    for word, letter in zip(last, spec.rhymes(), strict=True):
        if letter:
            groups.setdefault(letter, []).append(WORDS[word])
    return all(
        {w.ending for w in words} == {words[0].ending} != {-1}
        and len({w.onset for w in words}) == len(words)
        for words in groups.values()
    )


def tokens_of(text: str, *, ended: bool) -> list[int]:
    """Token ids of a text as `texts` gives it; `ended` adds the end token."""
    return [CHARACTERS.index(c) for c in text] + ([END_ID] if ended else [])
