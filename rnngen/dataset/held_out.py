"""Which documents are held out: about a share of the text, drawn by a hash of their content.

The usual draw takes every document whose hash is in the lowest tenth of all hashes. Equal documents
never part, and a growing corpus keeps its sides. Where documents are of similar size a tenth of
them is a tenth of the text. Where they are not, it may be nearly nothing or nearly all:

    novel.txt 46 kB, eight poems of 0.5 kB     if the novel is drawn, 93% of the text

So the draw is measured. It stands unless it holds out more than a fifth of the text, or less than
half the share because the documents drawn are shorter than the others, or one document is more
than half of the text. Else documents longer than a limit are left to training, and the bound on the
hash is moved to where the share is met best. If whole documents cannot meet it, or one is most of
the text, the end of the longest document is held out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from rnngen.counts import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rnngen.dataset.mapped import Rows

    IdArray = NDArray[np.int64]


class Places(Protocol):
    """What is read of a token store: where its documents lie, and their hashes."""

    @property
    def documents(self) -> str: ...

    @property
    def num_tokens(self) -> int: ...

    offsets: Rows
    hashes: Rows


MOST = 0.2
"""Share of the text that may be held out, unless more than half as much is asked for."""
AT_ONCE = 1 << 18
"""Documents that are looked at together."""
HASHES = 2**64


@dataclass(frozen=True)
class Draw:
    """Documents of a hash up to a bound and a length up to another are held out."""

    bound: int
    longest: int | None = None
    """Tokens; None: of any length."""
    reason: str = ""
    """Why it is not the usual draw, one sentence; "" if it is."""

    def holds(self, hashes: NDArray[np.uint64], lengths: IdArray) -> NDArray[np.bool_]:
        """Which documents are held out."""
        held: NDArray[np.bool_] = hashes <= np.uint64(self.bound)
        return held if self.longest is None else held & (lengths <= self.longest)

    def ends(
        self, hashes: NDArray[np.uint64], starts: IdArray, stops: IdArray, *, held_out: bool
    ) -> tuple[IdArray, IdArray]:
        """Where the part of each document begins and ends that is on a side; it may be empty."""
        belongs = self.holds(hashes, stops - starts) == held_out
        return starts, np.where(belongs, stops, starts)


@dataclass(frozen=True)
class Tail:
    """The last `tokens` tokens of each document of a hash are held out: copies of the longest.

    Where training goes on from such a document to the next, there is no end token between them.
    """

    hash: int
    tokens: int
    reason: str

    def ends(
        self, hashes: NDArray[np.uint64], starts: IdArray, stops: IdArray, *, held_out: bool
    ) -> tuple[IdArray, IdArray]:
        """As of a `Draw`."""
        cut = np.where(hashes == np.uint64(self.hash), stops - self.tokens, stops)
        return (cut, stops) if held_out else (starts, cut)


class _Share(NamedTuple):
    tokens: int
    documents: int


def usual_draw(store: Places, fraction: float) -> Draw:
    """Documents by their number. The one of least hash, if the draw holds out none."""
    least = min(int(hashes.min()) for hashes, _ in _chunks(store))
    return Draw(max(least, int(fraction * HASHES) - 1))


def held_out_of(store: Places, fraction: float) -> Draw | Tail | None:
    """What to hold out of documents; None of a continuous text, or of copies of one document.

    fraction: the share of the tokens that is wanted.
    """
    documents = len(store.hashes)
    if store.documents == "none" or not documents or not _differ(store):
        return None
    draw = usual_draw(store, fraction)
    total, longest = store.num_tokens, max(int(lengths.max()) for _, lengths in _chunks(store))
    if longest > total / 2:
        return _tail(store, fraction, longest)
    held = _share(store, draw)
    is_little = held.tokens < fraction * total / 2
    is_short = held.tokens / total < held.documents / documents / 2
    if held.tokens <= _most(fraction) * total and not (is_little and is_short):
        return draw
    wanted = fraction * total
    draws = [_redraw(store, wanted, int(limit)) for limit in (2 * wanted, wanted)]
    found = [(abs(held.tokens - wanted), new) for new, held in draws if 0 < held.tokens < total]
    off, best = min(found, key=lambda pair: pair[0], default=(total, draw))
    return best if off <= wanted / 2 else _tail(store, fraction, longest)


def remark_on_copies(store: Places) -> str:
    """What to say of a text that is nothing but copies of one document; "" of any other."""
    copies = len(store.hashes)
    if store.documents == "none" or copies < 2 or _differ(store):
        return ""
    return (
        f"all {copies:,} documents are copies of one, so what is held out is trained on as well,"
        " and its loss says nothing of new text."
    )


def remark_on_overlap(store: Places, held_out: Places) -> str:
    """What to say of a text to measure on that is trained on as well; "" if it is not."""
    total = len(held_out.hashes)
    if "none" in (store.documents, held_out.documents) or not total:
        return ""
    known = np.unique(np.asarray(store.hashes[:]))
    shared = sum(int(np.isin(hashes, known).sum()) for hashes, _ in _chunks(held_out))
    if not shared:
        return ""
    return (
        f"{shared:,} of {count(total, 'held-out document')} {'is' if shared == 1 else 'are'} in the"
        " training text, too. Their loss says nothing of new text."
    )


def _most(fraction: float) -> float:
    return max(MOST, min(2 * fraction, (1 + fraction) / 2))


def _redraw(store: Places, wanted: float, longest: int) -> tuple[Draw, _Share]:
    """The bound on the hash by which documents up to a length come nearest to what is wanted."""
    reason = (
        "documents are of very different length, so those held out were drawn from the shorter "
        f"ones, up to {count(longest, 'token')}."
    )
    low, high = -1, HASHES - 1  # up to `low` not more than wanted; up to `high` more, or all
    while high - low > 1:
        middle = (low + high) // 2
        if _share(store, Draw(middle, longest)).tokens <= wanted:
            low = middle
        else:
            high = middle
    draws = [Draw(bound, longest, reason) for bound in (low, high) if bound >= 0]
    shares = [(draw, _share(store, draw)) for draw in draws]
    some = [pair for pair in shares if pair[1].tokens < store.num_tokens] or shares
    return min(some, key=lambda pair: abs(pair[1].tokens - wanted))


def _differ(store: Places) -> bool:
    """Whether there are two documents that differ."""
    least = min(int(hashes.min()) for hashes, _ in _chunks(store))
    return any(bool((hashes != np.uint64(least)).any()) for hashes, _ in _chunks(store))


def _share(store: Places, draw: Draw) -> _Share:
    """How much a draw holds out."""
    tokens = documents = 0
    for hashes, lengths in _chunks(store):
        held = draw.holds(hashes, lengths)
        tokens += int(lengths[held].sum())
        documents += int(held.sum())
    return _Share(tokens, documents)


def _tail(store: Places, fraction: float, longest: int) -> Tail:
    """The end of the longest document; of each of its copies, so that none is trained on."""
    found = [
        int(hashes[lengths == longest].min())
        for hashes, lengths in _chunks(store)
        if (lengths == longest).any()
    ]
    hash = min(found)
    copies = sum(int((hashes == np.uint64(hash)).sum()) for hashes, _ in _chunks(store))
    tokens = max(1, min(round(fraction * store.num_tokens / copies), longest // 2))
    share = f"{copies * longest / store.num_tokens:.0%} of the text"
    last = f"last {count(tokens, 'token')}" if tokens > 1 else "last token"
    if copies > 1:
        reason = (
            f"{copies:,} copies of one document are {share}, so the {last} of each copy are held "
            "out, and no other document."
        )
    else:
        reason = f"one document is {share}, so its {last} are held out, and no other."
    return Tail(hash, tokens, reason.replace("last token are", "last token is"))


def _chunks(store: Places) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """The hashes and the lengths in tokens of all documents, some at a time."""
    for first in range(0, len(store.hashes), AT_ONCE):
        last = min(first + AT_ONCE, len(store.hashes))
        offsets = store.offsets[first : last + 1].astype(np.int64)
        yield store.hashes[first:last], offsets[1:] - offsets[:-1]
