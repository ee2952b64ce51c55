"""Beam search: the likeliest text that a fixed number of candidates finds, with no chance in it.

Each step extends every candidate by every token and keeps the `beam` likeliest; one that ends
leaves the beam and waits. The best is the one of the highest log-probability a token (the end
token counts as one), so that short texts are not preferred for being short. Probabilities are the
model's after forbidding, repetition and bias, renormalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.model.softmax import log_softmax
from rnngen.sampling.draft import (
    Draft,
    check_finite,
    concatenate_streams,
    constrain_logits,
    select_streams,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime
    from rnngen.sampling.constraints import Constraints
    from rnngen.sampling.draft import SampledText, SampleRequest
    from rnngen.sampling.prompts import OpenPrompt
    from rnngen.sampling.spelling import Beginning

    FloatArray = NDArray[np.floating[Any]]


def search(
    runtime: Runtime,
    constraints: Constraints,
    config: SampleConfig,
    request: SampleRequest,
    prompt: OpenPrompt,
) -> SampledText:
    """The best text found that begins with `prompt`, which is the request's.

    Its `drawn_log_probability` is the one the search made greatest.
    Raises CheckpointError if the model's numbers are not finite.
    """
    assert config.beam is not None
    drafts, beginnings = _begin(constraints, config, request, prompt)
    best = max([draft for draft in drafts if draft.done], key=_nats, default=None)
    rows = [row for row, draft in enumerate(drafts) if not draft.done]
    live, last = [drafts[row] for row in rows], [beginnings[row].ids[-1] for row in rows]
    state = concatenate_streams([beginnings[row].state for row in rows])
    while live and (best is None or _may_beat(live[0], best, config.length)):
        logits, state = runtime.step(np.array(last, dtype=np.int64), state)
        grown, done = _expand(live, logits, constraints, config)
        best = max([draft for draft in (best, *done) if draft], key=_nats, default=None)
        live, last = [draft for draft, _, _ in grown], [token for _, _, token in grown]
        state = select_streams(state, [row for _, row, _ in grown])
    assert best is not None
    return best.text()


def _begin(
    constraints: Constraints, config: SampleConfig, request: SampleRequest, prompt: OpenPrompt
) -> tuple[list[Draft], list[Beginning]]:
    """A draft for each of the likeliest beginnings, the likeliest first."""
    assert config.beam is not None
    first = Draft(request, constraints, config)
    beginnings = prompt.likeliest(config.beam, first.allows)
    drafts = [first.copy() for _ in beginnings]
    for draft, beginning in zip(drafts, beginnings, strict=True):
        draft.begin(beginning)
    return drafts, beginnings


def _expand(
    live: list[Draft], logits: FloatArray, constraints: Constraints, config: SampleConfig
) -> tuple[list[tuple[Draft, int, int]], list[Draft]]:
    """The likeliest drafts one token longer: those that go on, each with the row it came from and
    its token, likeliest first; and those that ended."""
    assert config.beam is not None
    learned = log_softmax(logits.astype(np.float64))
    check_finite(learned)
    shaped = log_softmax(constrain_logits(logits, live, constraints, config).astype(np.float64))
    totals = np.array([draft.drawn_log_probability for draft in live])
    grown: list[tuple[Draft, int, int]] = []
    done: list[Draft] = []
    # Each row has one end token, so twice the width nearly always holds enough that go on.
    for row, token in _highest(totals[:, None] + shaped, 2 * config.beam):
        draft = live[row].copy()
        draft.append(token, float(learned[row, token]), float(shaped[row, token]))
        if draft.done:
            done.append(draft)
        elif len(grown) < config.beam:
            grown.append((draft, row, token))
    return grown, done


def _highest(scores: FloatArray, count: int) -> list[tuple[int, int]]:
    """Row and column of the `count` highest finite scores, highest first, then lowest place."""
    flat = scores.ravel()
    places = np.flatnonzero(flat > -np.inf)
    if count < len(places):
        least = np.partition(flat[places], -count)[-count]
        places = places[flat[places] >= least]
    order = places[np.argsort(-flat[places], kind="stable")][:count]
    return [divmod(place, scores.shape[1]) for place in order.tolist()]


def _nats(draft: Draft) -> float:
    return draft.drawn_log_probability / max(1, draft.tokens)


def _may_beat(likeliest: Draft, best: Draft, length: int) -> bool:
    """Whether the likeliest draft, were all its tokens to come certain, would be better yet."""
    return likeliest.drawn_log_probability / length > _nats(best)
