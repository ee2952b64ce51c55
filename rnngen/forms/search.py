"""Draws text from a model given that it fits a form, by sequential Monte Carlo.

N particles of one text advance together. With p the model at the temperature, M(x) the tokens that
the form allows after x, and psi the look-ahead of the form's state, one step of a particle is

    proposal    q(v)  = p(v) psi(x v) / Z,   v in M(x),   Z = sum over M(x) of p(v) psi(x v)
    weight      w    *= p(v) / q(v) * psi(x v) / psi(x) = Z / psi(x)

so the weight takes up the probability that was forbidden, and psi cancels at the end, where it is
1. When few particles carry most of the weight, they are resampled in proportion to it. One text is
taken from each search, for siblings share ancestors. Products of the mean weights estimate, without
bias, how likely free text would fit. (Doucet & Johansen 2009, A tutorial on particle filtering;
twisted by look-ahead as in Whiteley & Lee 2014.)

Several texts are stepped as one batch. Each has its own generator, so text i is the same whatever
else is drawn. Drafts of one text, of which the best is kept, are multiplied together (`groups`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.streams import Streams
from rnngen.model.groups import TOGETHER
from rnngen.model.softmax import log_sum_exp
from rnngen.sampling import logits as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.base import Mask, TokenAutomaton, TokenState
    from rnngen.model.runtime import Runtime

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Truncate = Callable[[NDArray[np.float32]], NDArray[np.float32]]

PARTICLES = 16
ROWS = 512  # streams stepped at once; more gain nothing on a CPU
_LOWEST = -1e30  # stands for a probability of 0, which an allowed token may have
_GRAIN = float(1 << 40)  # probabilities become whole numbers, whose sums do not depend on order


@dataclass(frozen=True)
class Attempt:
    """Which draw of which text. Each has random numbers of its own."""

    index: int
    attempt: int = 0


@dataclass(frozen=True)
class DrawnText:
    """One text that fits, as it is printed.

    log_probability: of its tokens under the model at temperature 1, in nats.
    log_form: the estimated log-probability that free text of the model would fit, in nats.
    effective: how many of the particles the last choice was really among.
    tokens: those drawn, the end of the text included.
    """

    index: int
    text: str
    log_probability: float
    log_form: float
    effective: float
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class SearchSettings:
    """How to draw: particles for each draw; temperature, at 0 always the likeliest token.

    best_of: draws for each text, of which the likeliest is kept.
    truncate: maps logits (B, V), forbidden ones -inf, to logits with more -inf (top-k and the
    like), but never for a whole row.
    """

    seed: int = 0
    particles: int = PARTICLES
    temperature: float = 1.0
    best_of: int = 1
    truncate: Truncate | None = None

    @property
    def together(self) -> int:
        """How many drafts of a text are multiplied together: as many as fill a product."""
        return max(1, min(self.best_of, TOGETHER // self.particles))


def groups(draws: Sequence[Attempt], settings: SearchSettings) -> list[list[Attempt]]:
    """The draws, in order, in groups that must be drawn together for a text to be the same.

    Rounding follows the shape of a product. So which drafts share one depends on their numbers
    alone, not on what else is drawn or on how many processes draw.
    """

    def group(each: Attempt) -> tuple[int, int, int]:
        again, number = divmod(each.attempt, settings.best_of)
        return each.index, again, number // settings.together

    return [list(found) for _, found in itertools.groupby(draws, group)]


def draw(
    runtime: Runtime,
    automaton: TokenAutomaton,
    context: Sequence[int],
    draws: Sequence[Attempt],
    settings: SearchSettings,
) -> Iterator[DrawnText]:
    """The texts of these draws, in order.

    context: tokens the model reads first, at least one; what is drawn follows them.
    """
    alone = settings.together * settings.particles == 1
    state, streams = automaton.start(), Streams.begin(runtime, context, alone=alone)
    whole = groups(draws, settings)
    size = max(1, ROWS // settings.particles // settings.together)
    for first in range(0, len(whole), size):
        texts = [
            _Particles(each, group, state, settings.particles, _generator(settings.seed, each))
            for group, own in enumerate(whole[first : first + size])
            for each in own
        ]
        _search(streams, texts, settings)
        for text in texts:
            yield text.take(automaton)


def _generator(seed: int, draw: Attempt) -> np.random.Generator:
    """Counter-based: its numbers depend on nothing else that is drawn. Any integer is a seed."""
    key, counter = [seed % 2**64, draw.index], [0, 0, 0, draw.attempt]
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


@dataclass(frozen=True)
class _Moves:
    """One step of R particles, arrays (R,).

    tokens: drawn, -1 for particles that are done.  gains: log of what each multiplies the weight
    by.  logs: log p(token) at temperature 1.  worths: log psi of the new state.
    streams: the stream that each particle followed.
    """

    tokens: IntArray
    gains: FloatArray
    logs: FloatArray
    worths: FloatArray
    streams: IntArray

    def __getitem__(self, part: slice) -> _Moves:
        return _Moves(
            self.tokens[part],
            self.gains[part],
            self.logs[part],
            self.worths[part],
            self.streams[part],
        )


class _Particles:
    """The N particles of one text."""

    def __init__(
        self,
        draw: Attempt,
        group: int,
        state: TokenState,
        count: int,
        rng: np.random.Generator,
    ) -> None:
        """group: the texts of one number, which follow one another, share products."""
        self.index, self.group, self.rng = draw.index, group, rng
        self.states = [state] * count
        self.done = np.full(count, state.is_final)
        # Of the normaliser, what resampling has closed so far; at the start psi(start).
        self.log_form = float(np.log(state.worth))
        self.log_worths = np.full(count, self.log_form)  # log psi of each state
        self.log_weights = np.zeros(count)  # since the last resampling
        self.log_probability = np.zeros(count)
        self._history: list[tuple[IntArray, IntArray]] = []  # tokens, and whose they follow

    def advance(self, moves: _Moves) -> IntArray:
        """Take one step a particle; which particle each row follows from here, (N,)."""
        for i, token in enumerate(moves.tokens.tolist()):
            if token >= 0:
                self.states[i] = state = self.states[i].after(token)
                self.done[i] = state.is_final
        self.log_weights += moves.gains
        self.log_probability += moves.logs
        self.log_worths = moves.worths
        parents = self._parents()
        self._history.append((moves.tokens[parents], parents))
        return parents

    def _parents(self) -> IntArray:
        """Resample if the effective sample size is under N / 2; else each follows itself."""
        count = len(self.states)
        weights, log_mean = _normalize_weights(self.log_weights)
        places = np.arange(count)
        # ESS = 1 / sum of w^2: N where all weigh the same, 1 where one has all the weight.
        if 1 / (weights @ weights) >= count / 2:
            return places
        # Systematic: one uniform u, and points (u + i) / N on the cumulative weights. Each particle
        # is copied N w times up to rounding, with less variance than N independent draws.
        points = (self.rng.random() + places) / count
        parents = np.minimum(np.searchsorted(np.cumsum(weights), points, side="right"), count - 1)
        self.log_form += log_mean
        self.log_weights = np.zeros(count)
        self.log_probability = self.log_probability[parents]
        self.log_worths = self.log_worths[parents]
        self.states = [self.states[i] for i in parents.tolist()]
        self.done = self.done[parents]
        return parents

    def take(self, automaton: TokenAutomaton) -> DrawnText:
        """One of the finished particles, drawn in proportion to its weight."""
        weights, log_mean = _normalize_weights(self.log_weights)
        point = self.rng.random() * weights.sum()
        chosen = min(
            int(np.searchsorted(np.cumsum(weights), point, side="right")), len(weights) - 1
        )
        # The tokens of its ancestors, from the last step back to the first.
        tokens, row = [], chosen
        for drawn, parents in reversed(self._history):
            tokens.append(int(drawn[row]))
            row = int(parents[row])
        tokens = [token for token in reversed(tokens) if token >= 0]
        return DrawnText(
            self.index,
            automaton.render(tokens),
            float(self.log_probability[chosen]),
            self.log_form + log_mean,
            float(1 / (weights @ weights)),
            tuple(tokens),
        )


def _search(streams: Streams, texts: list[_Particles], settings: SearchSettings) -> None:
    """Advance all texts to their end.

    The N particles of each active text are rows next to one another, R = texts * N in all.
    """
    count = settings.particles
    active = [text for text in texts if not text.done.all()]
    which = np.zeros(len(active) * count, np.int64)  # (R,) the stream of each row; one at first
    while active:
        points = np.concatenate([text.rng.random(count) for text in active])  # (R,)
        moves = _choose(active, streams, which, points, settings)
        starts = range(0, len(points), count)
        parents = [
            start + text.advance(moves[slice(start, start + count)])
            for text, start in zip(active, starts, strict=True)
        ]
        # Texts whose particles are all done leave; their rows go with them.
        goes_on = [not text.done.all() for text in active]
        kept = np.concatenate(parents)[np.repeat(goes_on, count)]  # (R',) rows of this step
        active = [text for text, goes in zip(active, goes_on, strict=True) if goes]
        which = np.zeros(len(kept), np.int64)
        if active:
            # Particles that are done wait with the others of their text, and read nothing.
            reading = ~np.concatenate([text.done for text in active])  # (R',)
            read = kept[reading]
            numbers = np.repeat([text.group for text in active], count)  # (R',)
            streams, which[reading] = streams.after(
                numbers[reading], moves.streams[read], moves.tokens[read]
            )


def _choose(
    texts: list[_Particles],
    streams: Streams,
    which: IntArray,
    points: FloatArray,
    settings: SearchSettings,
) -> _Moves:
    """Draw a token for each of R particles.

    which: (R,), the stream each follows.  points: (R,), uniform in [0, 1).
    """
    states = [state for text in texts for state in text.states]
    count = len(states)
    worths = np.concatenate([text.log_worths for text in texts])  # (R,) log psi(x)
    moves = _Moves(np.full(count, -1), np.zeros(count), np.zeros(count), worths, which)
    rows = np.flatnonzero(~np.concatenate([text.done for text in texts]))
    options = _Options([states[row].mask() for row in rows.tolist()])
    follows = which[rows]
    scores, totals = _scores(options, streams, follows, settings)
    places, logs = options.draw(scores, points[rows], greedy=settings.temperature == 0)
    moves.tokens[rows] = options.tokens[places]
    # log Z - log psi(x), with the normaliser of the softmax that the scores have left out.
    moves.gains[rows] = logs - totals[follows] - worths[rows]
    moves.worths[rows] = options.log_worths[places]
    moves.logs[rows] = streams.logits[follows, moves.tokens[rows]] - streams.totals[follows]
    return moves


def _scores(
    options: _Options, streams: Streams, follows: IntArray, settings: SearchSettings
) -> tuple[FloatArray, FloatArray]:
    """Scores (K,) and totals (U,): log p of an option is its score less its stream's total.

    follows: the stream of each row that draws. Only the K options are looked up, not all of R * V.
    Forbidden tokens go first, then truncation: the other order could leave nothing.
    """
    logits, totals = streams.logits, streams.totals  # (U, V), (U,)
    if settings.temperature not in (0, 1):
        # Divided in float64: a limerick adds up a few hundred of these logarithms.
        scaled = rules.temperature(logits, settings.temperature, dtype=np.float64)
        logits = scaled.astype(np.float32)
        totals = log_sum_exp(logits)
    places = np.repeat(follows * logits.shape[1], options.sizes) + options.tokens
    scores = logits.ravel().take(places).astype(np.float64)
    if not np.isfinite(scores).all():
        # A model may rule out all that the form allows. Then all of it is equally unlikely.
        np.nan_to_num(scores, copy=False, nan=_LOWEST, neginf=_LOWEST, posinf=0.0)
        totals = np.nan_to_num(totals, nan=0.0, posinf=0.0)
    if settings.truncate is not None:
        masked = np.full((len(follows), logits.shape[1]), -np.inf, np.float32)
        rows = np.repeat(np.arange(len(follows)), options.sizes)
        masked[rows, options.tokens] = scores
        scores[np.isneginf(settings.truncate(masked)[rows, options.tokens])] = -np.inf
    return scores, totals


class _Options:
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


def _normalize_weights(log_weights: FloatArray) -> tuple[FloatArray, float]:
    """Weights (N,) that sum to 1, and the log of the mean weight."""
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    total = float(weights.sum())
    return weights / total, top + float(np.log(total / len(weights)))
