"""Draws text from a model given that it fits a form, by sequential Monte Carlo.

N particles of one text advance together. With p the model at the temperature, M(x) the tokens that
the form allows after x, and psi the look-ahead of the form's state, one step of a particle is

    proposal    q(v)  = p(v) psi(x v) / Z,   v in M(x),   Z = sum over M(x) of p(v) psi(x v)
    weight      w    *= p(v) / q(v) * psi(x v) / psi(x) = Z / psi(x)

so the weight takes up the probability that was forbidden, and psi cancels at the end, where it is
1. Sharpened by A, p(v)^A stands for p(v) in both, which draws whole texts from p(text)^A: powers of
p do not sum to 1, and the weights make up for what that leaves to the future, which a temperature
of 1 / A, token by token, ignores. When few particles carry most of the weight, they are resampled
in proportion to it. One text is taken from each search, for siblings share ancestors. Products of
the mean weights estimate, without bias, how likely free text would fit. (Doucet & Johansen 2009, A
tutorial on particle filtering; twisted by look-ahead as in Whiteley & Lee 2014.)

Where the form breaks lines at spaces, a break also multiplies the weight by p(newline) over its
average in the corpus: lines end where the model itself would end one.

Several texts are stepped as one batch. Each has its own generator, so text i is the same whatever
else is drawn. Drafts of one text, of which the best is kept, are multiplied together (`groups`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms import proposal
from rnngen.forms.proposal import LineEnds, Options
from rnngen.forms.streams import Streams
from rnngen.model.groups import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.base import LineBreaks, TokenAutomaton, TokenState
    from rnngen.forms.proposal import Truncate
    from rnngen.model.runtime import Runtime

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

PARTICLES = 16
ROWS = 512  # streams stepped at once; more gain nothing on a CPU


@dataclass(frozen=True)
class Attempt:
    """Which draw of which text. Each has random numbers of its own."""

    index: int
    attempt: int = 0


@dataclass(frozen=True)
class DrawnText:
    """One text that fits, as it is printed.

    log_probability: of its tokens under the model at temperature 1, in nats.
    log_form: the estimated log-probability that free text of the model would fit, in nats; of
    sharpened texts the log of the sum of all powers.
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

    sharpen: texts are drawn from this power of their probability.
    best_of: draws for each text, of which the likeliest is kept.
    truncate: maps logits (B, V), forbidden ones -inf, to logits with more -inf (top-k and the
    like), but never for a whole row.
    """

    seed: int = 0
    particles: int = PARTICLES
    temperature: float = 1.0
    best_of: int = 1
    truncate: Truncate | None = None
    sharpen: float = 1.0

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
        _search(streams, texts, settings, automaton.breaks)
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


def _search(
    streams: Streams,
    texts: list[_Particles],
    settings: SearchSettings,
    breaks: LineBreaks | None,
) -> None:
    """Advance all texts to their end.

    The N particles of each active text are rows next to one another, R = texts * N in all.
    """
    count = settings.particles
    active = [text for text in texts if not text.done.all()]
    which = np.zeros(len(active) * count, np.int64)  # (R,) the stream of each row; one at first
    while active:
        points = np.concatenate([text.rng.random(count) for text in active])  # (R,)
        moves = _choose(active, streams, which, points, settings, breaks)
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
    breaks: LineBreaks | None,
) -> _Moves:
    """Draw a token for each of R particles.

    which: (R,), the stream each follows.  points: (R,), uniform in [0, 1).
    """
    states = [state for text in texts for state in text.states]
    count = len(states)
    worths = np.concatenate([text.log_worths for text in texts])  # (R,) log psi(x)
    moves = _Moves(np.full(count, -1), np.zeros(count), np.zeros(count), worths, which)
    rows = np.flatnonzero(~np.concatenate([text.done for text in texts]))
    options = Options([states[row].mask() for row in rows.tolist()])
    follows = which[rows]
    ends = None
    if breaks is not None:
        ends = LineEnds(breaks, np.array([states[row].breaks_line for row in rows.tolist()]))
    scores, totals = proposal.scores(
        options, streams, follows, settings.temperature, settings.truncate, ends
    )
    if settings.sharpen != 1:
        scores, totals = scores * settings.sharpen, totals * settings.sharpen
    places, logs = options.draw(scores, points[rows], greedy=settings.temperature == 0)
    moves.tokens[rows] = options.tokens[places]
    # log Z - log psi(x), with the normaliser of the softmax that the scores have left out.
    moves.gains[rows] = logs - totals[follows] - worths[rows]
    moves.worths[rows] = options.log_worths[places]
    moves.logs[rows] = streams.logits[follows, moves.tokens[rows]] - streams.totals[follows]
    return moves


def _normalize_weights(log_weights: FloatArray) -> tuple[FloatArray, float]:
    """Weights (N,) that sum to 1, and the log of the mean weight."""
    top = float(log_weights.max())
    weights = np.exp(log_weights - top)
    total = float(weights.sum())
    return weights / total, top + float(np.log(total / len(weights)))
