"""No copying: which tokens would complete a span that the training text holds.

Works on any tokens: a token may hold many characters, or a part of one. The rule is exact as far
as the index is: every character of every token is looked at, before temperature and truncation,
so to draw from the tokens left is to draw as the model would, were copies impossible.

The index holds text in NFC, so the guard compares the NFC of what is written: `e` and a combining
accent are the `é` they look like. Nearly always that is the text so far and what is added, and all
tokens are looked at together. The few that change what stands before them are looked at singly.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen import canonical
from rnngen.errors import ConfigError
from rnngen.novelty import AT_ONCE, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.novelty import SpanIndex
    from rnngen.novelty.spans import Hashes


def check_index(index: SpanIndex | None, length: int) -> SpanIndex:
    """The index, if it can tell copies of `length` characters. Raises ConfigError if not."""
    if index is None:
        raise ConfigError(
            "`novel` needs the index of the training text that training keeps with `novelty`, and"
            " this model has none. Train it again, or leave `novel` out."
        )
    if length < index.span:
        raise ConfigError(
            f"`novel` must be at least {index.span}, the length of the spans that this model's"
            f" index holds, got {length}."
        )
    return index


class Trail(NamedTuple):
    """What of a text decides which spans its next characters complete."""

    tail: str
    """Its last characters in NFC, as many as can matter; NULs stand before the beginning."""
    rest: bytes
    """The start of a character that is not complete yet."""


NO_TRAIL = Trail("", b"")
"""Of a text that may copy."""


class NoveltyGuard:
    """Forbids the tokens that would complete a copied span of `length` characters.

    Where `length` is above the index's span, most steps need no look at the tokens: they do only
    if the text so far ends in a copy that some token could make long enough.
    """

    def __init__(self, index: SpanIndex | None, length: int, pieces: Sequence[bytes]) -> None:
        """Raises ConfigError if there is no index, or copies of `length` are too short for it."""
        self._index = check_index(index, length)
        self._pieces = pieces
        self._memory = length  # characters of a trail: the last may yet change
        self._needed = length - self._index.span + 1  # found spans in a row
        self._prefixes = lru_cache(maxsize=256)(self._make_prefixes)  # by the rest of a trail
        self._joining = lru_cache(maxsize=1024)(self._find_joining)  # by its last characters, too

    def start(self, prompt: str) -> Trail:
        """The trail of a text that begins with `prompt`, whose characters count."""
        return Trail(self._cut("\0" * self._index.span + canonical.nfc(prompt)), b"")

    def advance(self, trail: Trail, token: int) -> Trail:
        """The trail after `token`."""
        return self.advance_bytes(trail, self._pieces[token])

    def advance_bytes(self, trail: Trail, data: bytes) -> Trail:
        """The trail after `data`."""
        text, rest = _characters(trail.rest, data)
        return Trail(self._cut(canonical.append(trail.tail, text)), rest)

    def copies(self, trail: Trail, data: bytes) -> bool:
        """Whether `data` completes a copy."""
        return self._completes(trail.tail, _characters(trail.rest, data)[0])

    def masks(self, trails: Sequence[Trail]) -> NDArray[np.bool_]:
        """The tokens that would complete a copy, (B, V), one row a trail."""
        masks = np.zeros((len(trails), len(self._pieces)), dtype=np.bool_)
        span = self._index.span
        tails = spans.code_points("".join(trail.tail[-span:] for trail in trails))
        sums = spans.prefix_sums(tails.reshape(len(trails), span))
        so_far = self._hits_before(trails, sums)
        for rest in {trail.rest for trail in trails}:
            prefixes = self._prefixes(rest)
            near = so_far + prefixes.longest >= self._needed
            rows = [row for row, trail in enumerate(trails) if near[row] and trail.rest == rest]
            for some in _portions(rows, AT_ONCE // (len(prefixes.kept) + 1) + 1):
                masks[some] = self._copying(prefixes, sums[some], so_far[some])
        for row, trail in enumerate(trails):
            for token, text in self._joining(canonical.unsettled(trail.tail), trail.rest):
                masks[row, token] = self._completes(trail.tail, text)
        return masks

    def _cut(self, text: str) -> str:
        """The end of a text: `memory` characters before the first that may yet change."""
        return text[-self._memory - len(canonical.unsettled(text)) :]

    def _completes(self, tail: str, text: str) -> bool:
        """Whether a copy ends in what `text` adds to `tail` or changes of it, also cut short."""
        for end in range(1, len(text) + 1):
            after = canonical.append(tail, text[:end])
            new = max(0, _same(tail, after) - self._index.span + 1)
            whole = spans.prefix_sums(spans.code_points(after))
            hits = self._index.contains(spans.spans(whole, self._index.span))
            if (spans.hits_in_a_row(hits)[new + 1 :] >= self._needed).any():
                return True
        return False

    def _find_joining(self, last: str, rest: bytes) -> list[tuple[int, str]]:
        """The tokens that change `last`, or that NFC changes, each with the characters it adds."""
        unsafe = self._prefixes(rest).unsafe
        return [
            (token, text) for token, text in unsafe if canonical.nfc(last + text) != last + text
        ]

    def _hits_before(self, trails: Sequence[Trail], sums: Hashes) -> NDArray[np.int64]:
        """How many found spans in a row each text ends with, of those that matter, (B,)."""
        span = self._index.span
        hits_in_a_row = np.zeros(len(trails), dtype=np.int64)
        if self._needed > 1:
            # New text ends with none, so most often this one look is all.
            for row in np.flatnonzero(self._index.contains(sums[:, -1])).tolist():
                whole = spans.prefix_sums(spans.code_points(trails[row].tail))
                hits_in_a_row[row] = spans.hits_in_a_row(
                    self._index.contains(spans.spans(whole, span))
                )[-1]
        return hits_in_a_row

    def _copying(
        self, prefixes: _Prefixes, sums: Hashes, so_far: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """The tokens, (B, V), that complete a copy: after texts that end with characters of these
        sums (B, span + 1), and with so many found spans in a row (B,)."""
        hits = self._index.contains(spans.ends(sums, prefixes.kept) + prefixes.hashes)
        in_a_row = np.repeat(so_far[:, None], hits.shape[1] + 1, axis=1)
        copies = np.zeros(in_a_row.shape, dtype=np.bool_)
        for level in prefixes.levels:
            parents = prefixes.parent[level]
            in_a_row[:, level] = np.where(hits[:, level], in_a_row[:, parents] + 1, 0)
            copies[:, level] = copies[:, parents] | (in_a_row[:, level] >= self._needed)
        return copies[:, prefixes.of_token]

    def _make_prefixes(self, rest: bytes) -> _Prefixes:
        # Within a character only tokens that go on with it can follow; the others are no UTF-8.
        may_follow = [not rest or 0x80 <= (piece or b"\0")[0] < 0xC0 for piece in self._pieces]
        texts = [
            _characters(rest, piece)[0] if may else ""
            for piece, may in zip(self._pieces, may_follow, strict=True)
        ]
        return _Prefixes(texts, self._index.span)


class _Prefixes:
    """What the tokens may add, character by character: all beginnings of all of them, once each.

    n beginnings, shorter ones first; number n is the empty one.
    """

    def __init__(self, texts: Sequence[str], span: int) -> None:
        """texts: the characters that each token completes, V of them."""
        found = {text[:end] for text in texts for end in range(1, len(text) + 1)}
        ordered = sorted(found, key=lambda text: (len(text), text))
        place = {text: number for number, text in enumerate([*ordered, ""])}
        depth = np.array([len(text) for text in ordered], dtype=np.int64)
        begins = np.searchsorted(depth, np.arange(1, depth.max(initial=0) + 2)).tolist()
        self.levels = [slice(*pair) for pair in pairwise(begins)]
        self.longest = len(self.levels)
        self.parent = np.array([place[text[:-1]] for text in ordered], dtype=np.int64)
        self.of_token = np.array([place[text] for text in texts])
        self.unsafe = [(token, text) for token, text in enumerate(texts) if canonical.joins(text)]
        """Tokens that may make other characters of those before them, and what they add."""
        self.kept = np.maximum(span - depth, 0)
        """How many characters before the beginning share a span with its last one, (n,)."""
        aligned = "".join(text[-span:].rjust(span, "\0") for text in ordered)
        table = spans.code_points(aligned).reshape(len(ordered), span)
        self.hashes = spans.prefix_sums(table)[:, -1]
        """What its last `span` characters add to that span's hash; NULs add nothing, (n,)."""


def _characters(rest: bytes, piece: bytes) -> tuple[str, bytes]:
    """The characters that `piece` completes after `rest`, and the bytes then left over."""
    text, used = codecs.utf_8_decode(rest + piece, "replace", False)
    return text, (rest + piece)[used:]


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _portions(rows: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))
