"""What each particle may draw, and how likely the model finds it: the proposal of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.model.softmax import log_sum_exp
from rnngen.sampling import logits as rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from rnngen.forms.automata.base import LineBreaks, Mask
    from rnngen.forms.streams import Streams

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Truncate = Callable[[NDArray[np.float32]], NDArray[np.float32]]

_LOWEST = -1e30  # stands for a probability of 0, which an allowed token may have
_LEAST_GAIN = -50.0  # of a break that the model would never make: rare, but not ruled out
_GRAIN = float(1 << 40)  # probabilities become whole numbers, whose sums do not depend on order


def scores(
    options: Options,
    streams: Streams,
    follows: IntArray,
    temperature: float,
    truncate: Truncate | None,
    ends: LineEnds | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Scores (K,) and totals (U,): log p of an option is its score less its stream's total.

    follows: the stream of each row that draws. Only the K options are looked up, not all of R * V.
    Forbidden tokens go first, then truncation: the other order could leave nothing.
    ends: weighs the options that break a line, whatever is left of them.
    """
    logits, totals = streams.logits, streams.totals  # (U, V), (U,)
    if temperature not in (0, 1):
        # Divided in float64: a limerick adds up a few hundred of these logarithms.
        scaled = rules.temperature(logits, temperature, dtype=np.float64)
        logits = scaled.astype(np.float32)
        totals = log_sum_exp(logits)
    places = np.repeat(follows * logits.shape[1], options.sizes) + options.tokens
    found = logits.ravel().take(places).astype(np.float64)
    if not np.isfinite(found).all():
        # A model may rule out all that the form allows. Then all of it is equally unlikely.
        np.nan_to_num(found, copy=False, nan=_LOWEST, neginf=_LOWEST, posinf=0.0)
        totals = np.nan_to_num(totals, nan=0.0, posinf=0.0)
    if truncate is not None:
        masked = np.full((len(follows), logits.shape[1]), -np.inf, np.float32)
        rows = np.repeat(np.arange(len(follows)), options.sizes)
        masked[rows, options.tokens] = found
        found[np.isneginf(truncate(masked)[rows, options.tokens])] = -np.inf
    if ends is not None and ends.rows.any():
        log_newline = logits[follows, ends.breaks.newline] - totals[follows]  # (R,)
        gains = np.maximum(log_newline - ends.breaks.log_average, _LEAST_GAIN)
        gains = np.repeat(np.where(ends.rows, gains, 0.0), options.sizes)
        found += gains * ends.breaks.blanks[options.tokens]
    return found, totals


class LineEnds(NamedTuple):
    """Where the form breaks lines at blanks, and which rows stand at such a place, bool (R,)."""

    breaks: LineBreaks
    rows: NDArray[np.bool_]


class Options:
    """The tokens of R masks side by side, K in all: a ragged array, row r from starts[r].

    tokens, log_worths: (K,).  sizes: (R,), how many tokens each row has.
    """

    def __init__(self, masks: list[Mask]) -> None:
        self.sizes = np.array([len(mask.tokens) for mask in masks])
        assert self.sizes.all(), "every state that is not final has a way on"
        self.tokens = np.concatenate([mask.tokens for mask in masks])
        self.log_worths = np.concatenate([mask.log_worths for mask in masks])
        self._stops = np.cumsum(self.sizes)
        self._starts = self._stops - self.sizes

    def draw(
        self, scores: FloatArray, points: FloatArray, *, greedy: bool
    ) -> tuple[IntArray, FloatArray]:
        """Where in `tokens` each row's draw lies, and the log of all it was drawn from, (R,) each.

        scores: (K,).  points: (R,), in [0, 1).
        greedy: the likeliest option, the first of equals; particles then do not differ.
        """
        if greedy:
            best = np.maximum.reduceat(scores, self._starts)
            shares = (scores == np.repeat(best, self.sizes)) * 1.0
            points = np.zeros_like(points)
            logs = best
        else:
            weights = scores + self.log_worths  # (K,) log of p(v) psi(x v)
            best = np.maximum.reduceat(weights, self._starts)  # (R,)
            weights -= np.repeat(best, self.sizes)
            shares = np.exp(weights, out=weights)
            logs = best + np.log(np.add.reduceat(shares, self._starts))  # (R,) log Z
        totals = np.add.reduceat(shares, self._starts)
        # Inverse transform sampling for all rows with one search: whole numbers are summed over the
        # rows, exactly, so what a row draws does not depend on the rows before it.
        grains = (shares * np.repeat(_GRAIN / totals, self.sizes)).astype(np.int64)
        ends = np.cumsum(grains)  # (K,)
        before = ends[self._starts] - grains[self._starts]  # (R,) sum of all rows before
        within = ((ends[self._stops - 1] - before) * points).astype(np.int64)
        return np.searchsorted(ends, before + within, side="right"), logs
