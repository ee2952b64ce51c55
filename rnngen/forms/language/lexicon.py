"""The words of a corpus, how often it uses them, and how it breaks lines: all a form must know.

Made once, when a model is trained, and kept in its checkpoint (about 400 kB for 20,000 words), so
that sampling needs neither the corpus nor the dictionary.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import FormError
from rnngen.forms.language import syllables
from rnngen.forms.language.letters import CURLY, normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import Texts

    IntArray = NDArray[np.int64]

MAX_WORDS = 20_000
MAX_LETTERS = 24
SURE = 0.5  # a guess of syllables below this is not used to write
WORD = re.compile(r"'?[^\W\d_]+(?:'[^\W\d_]+)*'?")
_ROMAN = re.compile(r"[ivxlc]+")
MOST_CHARACTERS = 20_000_000  # of a corpus that are read; a larger one has few words more
_STATS_CHARACTERS = 4_000_000  # enough to know how a corpus breaks its lines
_LINE_BINS, _DOCUMENT_BINS = 256, 1024
_PREFIX = "lexicon."
_DTYPES = {
    "frequency": np.int64,
    "syllables": np.uint8,
    "known": np.uint8,
    "ending": np.int32,
    "onset": np.int32,
    "lines": np.int64,
    "documents": np.int64,
    "totals": np.int64,
}
"""Of the arrays in a checkpoint."""
COUNTING = 1
"""Raised when words get other counts, so that the word lists of older models are counted anew."""


@dataclass(frozen=True)
class Lexicon:
    """n words, sorted by code point, and the habits of their corpus.

    syllables: uint8 (n,), 0 where more than one number is heard or the guess is unsure.
    known: bool (n,), whether the dictionary holds the word.
    ending, onset: int32 (n,), equal endings and different onsets rhyme; -1 where unsure.
    lines, documents: int64 (3, bins), how many have so many syllables (row 0), words (1) and
    characters (2); the last bin holds all that are longer.
    totals: int64 (4,): words in the text, those the dictionary holds, sentence ends, lines that
    begin with a small letter.
    """

    words: tuple[str, ...]
    frequency: IntArray
    syllables: NDArray[np.uint8]
    known: NDArray[np.bool_]
    ending: NDArray[np.int32]
    onset: NDArray[np.int32]
    lines: IntArray
    documents: IntArray
    totals: IntArray
    counting: int = 0
    """The COUNTING by which syllables were counted; 0 in models of version 0.1."""

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Arrays for a checkpoint; `from_tensors` reads them back."""
        text = "\n".join(self.words).encode()
        tensors = {name: getattr(self, name) for name in _DTYPES}
        tensors["words"] = np.frombuffer(text, np.uint8)
        tensors["known"] = self.known.astype(np.uint8)
        tensors["counting"] = np.array([self.counting], np.int64)
        return {_PREFIX + name: np.ascontiguousarray(array) for name, array in tensors.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Lexicon:
        """The lexicon of a checkpoint. Raises FormError if it holds none, or a damaged one."""
        try:
            text = bytes(tensors[_PREFIX + "words"]).decode()
            arrays = {name: tensors[_PREFIX + name] for name in _DTYPES}
        except (KeyError, UnicodeDecodeError) as error:
            raise FormError(
                f"the model holds no word list ({error}); train it again to use forms of words."
            ) from error
        words = tuple(text.split("\n")) if text else ()
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(arrays, (len(words),))
        shapes |= {"lines": (3, _LINE_BINS), "documents": (3, _DOCUMENT_BINS), "totals": (4,)}
        for name, array in arrays.items():
            if array.shape != shapes[name] or array.dtype != _DTYPES[name]:
                raise FormError(
                    f"the model's word list is damaged: {name} should be "
                    f"{np.dtype(_DTYPES[name])} {shapes[name]}, it is {array.dtype} {array.shape}."
                )
        counting = int(tensors.get(_PREFIX + "counting", np.zeros(1)).ravel()[:1].sum())
        return cls(words, **{**arrays, "known": arrays["known"].astype(bool)}, counting=counting)

    @property
    def english(self) -> float:
        """Share of the words in the text that the English dictionary holds."""
        return float(self.totals[1]) / max(1, int(self.totals[0]))

    def recounted(self) -> Lexicon:
        """This lexicon as the dictionary of today counts its words: a model may be older.

        A word that is now heard in two ways is no longer written. Words no rule knows keep theirs.
        """
        if self.counting == COUNTING:
            return self
        heard = self.syllables.copy()
        varying, reviewed = syllables.varying(), syllables.reviewed()
        for place in np.flatnonzero(heard).tolist():
            word = normal(self.words[place])
            if word in varying:
                heard[place] = 0
            elif not self.known[place] or word in reviewed:
                counts, _ = syllables.by_rule(word)
                heard[place] = heard[place] if not counts else counts[0] if len(counts) == 1 else 0
        return dataclasses.replace(self, syllables=heard, counting=COUNTING)

    def with_words(self, text: str) -> Lexicon:
        """This lexicon, with the words of `text` as words that may be written.

        One with several counts gets its first: whoever wrote it decides how it is read.
        """
        present = set(words_of(text))
        if not present:
            return self
        old = [i for i, word in enumerate(self.words) if word in present]
        new = sorted(present - {self.words[i] for i in old})
        syllable_counts = self.syllables.copy()
        for i in old:
            syllable_counts[i] = syllable_counts[i] or syllables.estimate(self.words[i])[0][0]
        return dataclasses.replace(self, syllables=syllable_counts)._merge(new)

    def _merge(self, new: list[str]) -> Lexicon:
        """This lexicon with more words, as seen once each."""
        words = (*self.words, *new)
        order = np.array(sorted(range(len(words)), key=words.__getitem__), np.int64)
        entries = [_entry(word) for word in new]
        heard = [
            e.syllables or syllables.estimate(w)[0][0] for w, e in zip(new, entries, strict=True)
        ]

        def merge(old: NDArray[Any], added: list[Any]) -> NDArray[Any]:
            merged: NDArray[Any] = np.concatenate([old, np.array(added, old.dtype)])[order]
            return merged

        return dataclasses.replace(
            self,
            words=tuple(words[i] for i in order),
            frequency=merge(self.frequency, [1] * len(new)),
            syllables=merge(self.syllables, heard),
            known=merge(self.known, [e.known for e in entries]),
            ending=merge(self.ending, [e.ending for e in entries]),
            onset=merge(self.onset, [e.onset for e in entries]),
        )


@dataclass(frozen=True)
class _Entry:
    syllables: int
    known: bool
    ending: int
    onset: int


def build(documents: Iterable[str], max_words: int = MAX_WORDS) -> Lexicon:
    """The lexicon of a corpus: its `max_words` most frequent words, and its habits.

    >>> build(["old pond\\na frog jumps in"]).words
    ('a', 'frog', 'in', 'jumps', 'old', 'pond')
    """
    frequency: Counter[str] = Counter()
    habits = _Habits()
    for document in documents:
        text = clean(document)
        frequency.update(WORD.findall(text.lower()))
        habits.read(text)
    return _assemble(_resolve_all(frequency), habits, max_words)


def of_texts(texts: Texts, *, continuous: bool) -> Lexicon:
    """The lexicon of a corpus as training reads it, from its first `MOST_CHARACTERS` or so.

    continuous: it is one text without an end that a model could learn, and counts as one document.
    """
    if not continuous:
        return build(_documents(texts))
    lexicon = build(_stretches(texts))
    documents = np.zeros_like(lexicon.documents)
    documents[:, -1] = 1
    return dataclasses.replace(lexicon, documents=documents)


def _documents(texts: Texts) -> Iterator[str]:
    parts: list[str] = []
    left = MOST_CHARACTERS
    for text, ends in texts.pieces():
        parts.append(text)
        left -= len(text)
        if ends or left < 0:
            yield "".join(parts)
            parts = []
        if left < 0:
            return


def _stretches(texts: Texts) -> Iterator[str]:
    """The text in parts that end with a line, so that no word is cut."""
    rest, left = "", MOST_CHARACTERS
    for text, _ in texts.pieces():
        whole, newline, after = text.rpartition("\n")
        rest, whole = (after, rest + whole) if newline else (rest + after, "")
        if whole:
            yield whole
        left -= len(text)
        if left < 0:
            break
    yield rest


def clean(text: str) -> str:
    """NFC with straight apostrophes: the writing the automaton and the lexicon share."""
    return unicodedata.normalize("NFC", text).translate(CURLY)


def words_of(text: str) -> list[str]:
    """The words of `text` as the lexicon writes them, in order."""
    return [_resolve(raw) for raw in WORD.findall(clean(text).lower())]


@cache
def _resolve(raw: str) -> str:
    """An apostrophe at an edge belongs to the word ('tis) only if the dictionary says so."""
    for word in (raw, raw.removesuffix("'"), raw.removeprefix("'")):
        if syllables.counts(word):
            return word
    return raw.strip("'")


def _resolve_all(raw: Counter[str]) -> Counter[str]:
    frequency: Counter[str] = Counter()
    for word, count in raw.items():
        edged = word.startswith("'") or word.endswith("'")
        frequency[_resolve(word) if edged else word] += count
    return frequency


def _assemble(frequency: Counter[str], habits: _Habits, max_words: int) -> Lexicon:
    usable = (item for item in frequency.items() if len(item[0]) <= MAX_LETTERS)
    # Ties are broken by the word itself, so the lexicon does not depend on the order of documents.
    chosen = sorted(usable, key=lambda item: (-item[1], item[0]))[:max_words]
    words = tuple(sorted(word for word, _ in chosen))
    entries = [_entry(word) for word in words]
    counts = np.array([frequency[word] for word in words], np.int64)
    known = np.array([e.known for e in entries], bool)
    totals = np.array([counts.sum(), counts[known].sum(), habits.stops, habits.small_starts])
    return Lexicon(
        words,
        counts,
        np.array([e.syllables for e in entries], np.uint8),
        known,
        np.array([e.ending for e in entries], np.int32),
        np.array([e.onset for e in entries], np.int32),
        habits.lines,
        habits.documents,
        totals.astype(np.int64),
        counting=COUNTING,
    )


def _entry(word: str) -> _Entry:
    """What is known of a word for sure; doubt becomes 0 syllables or no rhyme."""
    counts = syllables.counts(word)
    known = bool(counts)
    if not known and _pronounceable(word):
        guessed, certainty = syllables.estimate(word)
        counts = guessed if certainty >= SURE else ()
    rhymes = syllables.rhymes(word) if known else ()
    one = len({r.ending for r in rhymes}) == 1 and len({r.onset for r in rhymes}) == 1
    ending, onset = rhymes[0] if one and rhymes[0].ending else (-1, -1)
    return _Entry(counts[0] if len(counts) == 1 else 0, known, ending, onset)


def _pronounceable(word: str) -> bool:
    """Whether a word outside the dictionary may be read at all: not mr, xiv or a bare letter."""
    letters = normal(word)
    plain = letters.replace("'", "")
    vowels = any(letter in "aeiouy" for letter in plain)
    return len(plain) > 2 and plain.isascii() and vowels and not _ROMAN.fullmatch(plain)


class _Habits:
    """How long the lines and documents of a corpus are, and how its sentences end."""

    def __init__(self) -> None:
        self.lines = np.zeros((3, _LINE_BINS), np.int64)
        self.documents = np.zeros((3, _DOCUMENT_BINS), np.int64)
        self.stops = self.small_starts = self._read = 0
        self._syllables: dict[str, int] = {}

    def read(self, document: str) -> None:
        """Count one document; beyond some megabytes nothing new is learnt, and nothing is read."""
        if self._read >= _STATS_CHARACTERS:
            return
        document = document[:_STATS_CHARACTERS]
        self._read += len(document)
        self.stops += sum(document.count(stop) for stop in ".!?")
        total = np.zeros(3, np.int64)
        for line in filter(None, map(str.strip, document.split("\n"))):
            size = self._measure(line)
            self.small_starts += line[0].islower()
            self._add(self.lines, size)
            total += size
        self._add(self.documents, total)

    def _measure(self, line: str) -> IntArray:
        words = WORD.findall(line.lower())
        return np.array([sum(map(self._count, words)), len(words), len(line)])

    def _count(self, word: str) -> int:
        if word not in self._syllables:
            self._syllables[word] = (syllables.counts(word) or (max(1, len(word) // 3),))[0]
        return self._syllables[word]

    @staticmethod
    def _add(table: IntArray, size: IntArray) -> None:
        table[np.arange(len(size)), np.minimum(size, table.shape[1] - 1)] += 1
