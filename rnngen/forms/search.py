"""Draws text from a model given that it fits a form, by sequential Monte Carlo.

N particles of one text advance together. Each draws its next token from what the model says, times
what the form allows, times what the token is worth (a look-ahead); its weight takes up the part of
the model's probability that was forbidden. When few particles carry most of the weight they are
drawn anew in proportion to it. One text is taken from each search, for siblings share ancestors.
(Doucet & Johansen 2009, A tutorial on particle filtering; twisted by look-ahead as in Whiteley &
Lee 2014.) Several texts are stepped as one batch; each has its own generator, so text i is the
same whatever else is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.forms.streams import Streams, log_sum_exp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.base import Mask
    from rnngen.forms.automata.masks import Masks
    from rnngen.model.runtime import Runtime

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Truncate = Callable[[NDArray[np.float32]], NDArray[np.float32]]

PARTICLES = 16
ROWS = 512  # streams stepped at once; more gain nothing on a CPU
_LOWEST = -1e30  # stands for a probability of 0, which an allowed token may have
_GRAIN = float(1 << 40)  # probabilities become whole numbers, whose sums do not depend on order


@dataclass(frozen=True)
class DrawnText:
    """One text that fits, as it is printed.

    log_probability: of its tokens after the prompt under the model at temperature 1, in nats.
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
    """How to draw: particles for each text; temperature, at 0 always the likeliest token.

    truncate: maps logits (B, V), forbidden ones -inf, to logits with more -inf (top-k and the
    like), but never for a whole row.
    """

    seed: int = 0
    particles: int = PARTICLES
    temperature: float = 1.0
    truncate: Truncate | None = None


def draw(
    runtime: Runtime,
    masks: Masks,
    context: Sequence[int],
    indices: Sequence[int],
    settings: SearchSettings,
    *,
    prompt: str = "",
    attempt: int = 0,
) -> Iterator[DrawnText]:
    """The texts of these indices, in order.

    context: tokens the model reads first, at least one; the last of them are the prompt's.
    prompt: how the text begins, which the form must allow (`compile.check_prompt`).
    attempt: draws another text for the same index.
    """
    state, streams = _state_after(masks, prompt), Streams.begin(runtime, context)
    size = max(1, ROWS // settings.particles)
    for first in range(0, len(indices), size):
        texts = [
            _Particles(index, state, settings.particles, _generator(settings.seed, index, attempt))
            for index in indices[first : first + size]
        ]
        _search(masks, streams, texts, settings)
        for text in texts:
            yield text.take(masks, prompt)


def _generator(seed: int, index: int, attempt: int) -> np.random.Generator:
    """Counter-based: its numbers depend on nothing else that is drawn. Any integer is a seed."""
    key, counter = [seed % 2**64, index], [0, 0, 0, attempt]
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def _state_after(masks: Masks, prompt: str) -> Any:
    """The automaton's state after the prompt."""
    state = masks.automaton.start()
    for char in prompt:
        state = masks.automaton.step(state, char)
        assert state is not None, "the prompt was checked before"
    return state


@dataclass(frozen=True)
class _Moves:
    """One step of R particles, arrays (R,): the token, -1 for those done; the log of what it gains
    in weight, of its probability under the model, and of what it leads to; the stream it followed.
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
    """The particles of one text."""

    def __init__(self, index: int, state: Any, count: int, rng: np.random.Generator) -> None:
        self.index, self.rng = index, rng
        self.states = [state] * count
        self.log_form = float(np.log(state.worth))
        self.log_worths = np.full(count, self.log_form)
        self.log_weights = np.zeros(count)
        self.log_probability = np.zeros(count)
        self._history: list[tuple[IntArray, IntArray]] = []  # tokens, and whose they follow

    @property
    def done(self) -> bool:
        return all(state.done for state in self.states)

    def advance(self, masks: Masks, moves: _Moves) -> IntArray:
        """Take one step a particle; which particle each row follows from here."""
        for i, token in enumerate(moves.tokens.tolist()):
            if token >= 0:
                state = self.states[i]
                self.states[i] = state.tokens.get(token) or masks.after(state, token)
        self.log_weights += moves.gains
        self.log_probability += moves.logs
        self.log_worths = moves.worths
        parents = self._parents()
        self._history.append((moves.tokens[parents], parents))
        return parents

    def _parents(self) -> IntArray:
        """Systematic resampling when the effective sample size is under half the particles."""
        count = len(self.states)
        weights, log_mean = _normalize_weights(self.log_weights)
        places = np.arange(count)
        if 1 / (weights @ weights) >= count / 2:
            return places
        points = (self.rng.random() + places) / count
        parents = np.minimum(np.searchsorted(np.cumsum(weights), points, side="right"), count - 1)
        self.log_form += log_mean
        self.log_weights = np.zeros(count)
        self.log_probability = self.log_probability[parents]
        self.log_worths = self.log_worths[parents]
        self.states = [self.states[i] for i in parents.tolist()]
        return parents

    def take(self, masks: Masks, prompt: str) -> DrawnText:
        """One of the finished particles, drawn in proportion to its weight."""
        weights, log_mean = _normalize_weights(self.log_weights)
        point = self.rng.random() * weights.sum()
        chosen = min(
            int(np.searchsorted(np.cumsum(weights), point, side="right")), len(weights) - 1
        )
        tokens, row = [], chosen
        for drawn, parents in reversed(self._history):
            tokens.append(int(drawn[row]))
            row = int(parents[row])
        tokens = [token for token in reversed(tokens) if token >= 0]
        written = "".join(masks.vocabulary.texts[token] for token in tokens)
        return DrawnText(
            self.index,
            masks.automaton.render(prompt + written),
            float(self.log_probability[chosen]),
            self.log_form + log_mean,
            float(1 / (weights @ weights)),
            tuple(tokens),
        )


def _search(
    masks: Masks, streams: Streams, texts: list[_Particles], settings: SearchSettings
) -> None:
    """Advance all texts to their end. Particles are those of each text in turn, R in all."""
    count = settings.particles
    active = [text for text in texts if not text.done]
    which = np.zeros(len(active) * count, np.int64)
    while active:
        points = np.concatenate([text.rng.random(count) for text in active])
        moves = _choose(masks, active, streams, which, points, settings)
        starts = range(0, len(points), count)
        parents = [
            start + text.advance(masks, moves[slice(start, start + count)])
            for text, start in zip(active, starts, strict=True)
        ]
        kept = np.concatenate(parents)[np.repeat([not text.done for text in active], count)]
        active = [text for text in active if not text.done]
        reading = np.array([not state.done for text in active for state in text.states], bool)
        which = np.zeros(len(kept), np.int64)
        if active:
            read = kept[reading]
            streams, which[reading] = streams.after(
                np.flatnonzero(reading) // count, moves.streams[read], moves.tokens[read]
            )


def _choose(
    masks: Masks,
    texts: list[_Particles],
    streams: Streams,
    which: IntArray,
    points: FloatArray,
    settings: SearchSettings,
) -> _Moves:
    """Draw a token for each particle: which stream it follows (R,), points in [0, 1) (R,)."""
    states = [state for text in texts for state in text.states]
    count = len(states)
    worths = np.concatenate([text.log_worths for text in texts])
    moves = _Moves(np.full(count, -1), np.zeros(count), np.zeros(count), worths, which)
    rows = np.array([row for row, state in enumerate(states) if not state.done])
    options = _Options([masks.mask(states[row]) for row in rows.tolist()])
    follows = which[rows]
    scores, totals = _scores(options, streams, follows, settings)
    places, logs = options.draw(scores, points[rows], greedy=settings.temperature == 0)
    moves.tokens[rows] = options.tokens[places]
    moves.gains[rows] = logs - totals[follows] - worths[rows]
    moves.worths[rows] = options.log_worths[places]
    moves.logs[rows] = streams.logits[follows, moves.tokens[rows]] - streams.totals[follows]
    return moves


def _scores(
    options: _Options, streams: Streams, follows: IntArray, settings: SearchSettings
) -> tuple[FloatArray, FloatArray]:
    """Of every option the log-probability at the temperature (K,), but for what all of a stream
    have too much (U,); forbidden first, then truncated."""
    logits, totals = streams.logits, streams.totals
    if settings.temperature not in (0, 1):
        below = (logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
        with np.errstate(over="ignore"):  # a tiny temperature sends all but the highest to -inf
            logits = (below / settings.temperature).astype(np.float32)
        totals = log_sum_exp(logits)
    places = np.repeat(follows * logits.shape[1], options.sizes) + options.tokens
    scores = logits.ravel().take(places).astype(np.float64)
    if not np.isfinite(scores).all():
        np.nan_to_num(scores, copy=False, nan=_LOWEST, neginf=_LOWEST, posinf=0.0)
        totals = np.nan_to_num(totals, nan=0.0, posinf=0.0)
    if settings.truncate is not None:
        masked = np.full((len(follows), logits.shape[1]), -np.inf, np.float32)
        rows = np.repeat(np.arange(len(follows)), options.sizes)
        masked[rows, options.tokens] = scores
        scores[np.isneginf(settings.truncate(masked)[rows, options.tokens])] = -np.inf
    return scores, totals


class _Options:
    """The tokens of R masks side by side: tokens and log_worths (K,), how many of each (R,)."""

    def __init__(self, masks: list[Mask]) -> None:
        self.sizes = np.array([len(mask.tokens) for mask in masks])
        assert self.sizes.all(), "every state that is not done has a way on"
        self.tokens = np.concatenate([mask.tokens for mask in masks])
        self.log_worths = np.concatenate([mask.log_worths for mask in masks])
        self._stops = np.cumsum(self.sizes)
        self._starts = self._stops - self.sizes

    def draw(
        self, scores: FloatArray, points: FloatArray, *, greedy: bool
    ) -> tuple[IntArray, FloatArray]:
        """Where in `tokens` each row's draw lies (R,), and the log of all it was drawn from (R,).

        greedy: the likeliest option, the first of equals; particles then do not differ.
        """
        if greedy:
            best = np.maximum.reduceat(scores, self._starts)
            shares = (scores == np.repeat(best, self.sizes)) * 1.0
            points = np.zeros_like(points)
            logs = best
        else:
            weights = scores + self.log_worths
            best = np.maximum.reduceat(weights, self._starts)
            weights -= np.repeat(best, self.sizes)
            shares = np.exp(weights, out=weights)
            logs = best + np.log(np.add.reduceat(shares, self._starts))
        totals = np.add.reduceat(shares, self._starts)
        grains = (shares * np.repeat(_GRAIN / totals, self.sizes)).astype(np.int64)
        ends = np.cumsum(grains)
        before = ends[self._starts] - grains[self._starts]
        within = ((ends[self._stops - 1] - before) * points).astype(np.int64)
        return np.searchsorted(ends, before + within, side="right"), logs


def _normalize_weights(log_weights: FloatArray) -> tuple[FloatArray, float]:
    """Weights that sum to 1, and the log of the mean weight."""
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    total = float(weights.sum())
    return weights / total, top + float(np.log(total / len(weights)))
