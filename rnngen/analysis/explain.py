"""What a model does with one text: surprise, connectivity, gates, and what its units remember."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnngen import controls
from rnngen.analysis import units
from rnngen.analysis.gradient import influence
from rnngen.analysis.trace import KEEPING_GATE, Tracer
from rnngen.errors import ConfigError, CorpusError
from rnngen.tokenizers.labelled import label_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rnngen.analysis.trace import Array, IdArray, LayerTrace, Trace
    from rnngen.analysis.units import Follower, UnitActivity, Values
    from rnngen.config import ModelConfig
    from rnngen.tokenizers.base import Tokenizer

MOST_TOKENS = 2000
"""Of a text that is explained: connectivity has a number for each pair."""
UNITS_SHOWN = 2
"""Of each gate, the units that move most."""
TOP = 5
SHOWN_GATES = {"lstm": ("forget", "input", "output"), "gru": ("update", "reset")}
MEMORY_NAMES = {"lstm": "cell", "gru": "state"}
START = "(start)"
LABEL = "\u27e8{}\u27e9"


class Alternative(NamedTuple):
    """A token the model held possible."""

    text: str
    probability: float
    ends: bool
    """It is the end of the text."""


class Strip(NamedTuple):
    """A row of numbers from 0 to 1 under a text, one for each token."""

    layer: int
    name: str
    """Of a gate, or `cell` or `state` for the size of what is remembered."""
    unit: int | None
    """None: the mean of all units."""
    values: Values

    @property
    def label(self) -> str:
        return self.name if self.unit is None else f"{self.name} {self.unit}"


@dataclass(frozen=True)
class Explanation:
    """A text of T tokens, as a model reads it. Lists have one entry a token."""

    cell: str
    text: str
    label: str | None
    """Of which the text was read, by a model with labels."""
    tokens: list[str]
    """Their texts; a byte that is part of a character is written as \\xc3."""
    bits: Values
    """(T,): how much each token surprised the model."""
    alternatives: list[list[Alternative]]
    """What the model held likeliest at each place, the likeliest first."""
    next: list[Alternative]
    """The same after the last token."""
    connectivity: Array
    """(T, T), see gradient.py: row i is of token i, column 0 of the start or the label, j of
    token j - 1."""
    effect_bits: Array
    """(T, T), positive where an earlier token made this one likelier."""
    gates: list[dict[str, Array]]
    """Of each layer, gate -> (T, H), and `cell` or `state`, what it remembers after each token."""
    activity: UnitActivity
    """Of the text that units were measured on."""
    measured_on: str
    """What that text was, in words."""
    followers: list[Follower]
    missing: list[str]
    """Features that the text does not show."""
    unseen: list[str]
    """Characters the model has never seen."""

    @property
    def begins_with(self) -> str:
        """What stands before the text, as it is shown."""
        return START if self.label is None else shown_label(self.label)

    @property
    def bits_per_character(self) -> float:
        return float(self.bits.sum()) / len(self.text)

    @property
    def time_constants(self) -> list[Values]:
        """Of each layer, (H,), in characters."""
        scale = self.activity.characters_per_token
        return [units.time_constants(kept) * scale for kept in self.activity.kept]

    def strips(self) -> list[Strip]:
        """What is drawn under the text: of each layer and gate the mean, and some units."""
        return [
            strip
            for layer, gates in enumerate(self.gates)
            for name, values in gates.items()
            if name != "candidate"
            for strip in _strips(layer, name, values)
        ]

    def strongest(self, token: int, most: int) -> list[tuple[int, float]]:
        """The inputs a token is most connected to: column of `effect_bits`, and the effect."""
        row = self.connectivity[token, : token + 1]
        order = np.argsort(-row, kind="stable")[:most]
        return [(int(j), float(self.effect_bits[token, j])) for j in order]

    def input_text(self, column: int) -> str:
        """The token that a column of `connectivity` is of."""
        return self.tokens[column - 1] if column else self.begins_with

    def reach(self, share: float = 0.5) -> float:
        """Characters back within which this share of all connectivity lies.

        An input is as far back as its first character; the start is one before the text.
        """
        begins = np.cumsum([0, *(len(token) for token in self.tokens)], dtype=np.float64)
        inputs = np.array([-1, *begins])  # column 0 is the start, column j is token j - 1
        rows, columns = np.tril_indices(len(self.tokens))
        back, weight = begins[rows] - inputs[columns], self.connectivity[rows, columns]
        order = np.argsort(back, kind="stable")
        total = np.cumsum(weight[order])
        return float(back[order][np.searchsorted(total, share * total[-1])])


def explain(
    config: ModelConfig,
    weights: Mapping[str, Array],
    tokenizer: Tokenizer,
    text: str,
    *,
    start_id: int,
    label: str | None = None,
    on: Sequence[str] | None = None,
    top: int = TOP,
) -> Explanation:
    """What the model does with `text`, read from an empty state as one document.

    start_id: the token before it.  label: that of the text, for a model with labels.
    top: alternatives at each place.
    on: documents to measure units on; None: the text itself.
    Raises CorpusError if there is no text or too much, ConfigError for a `top` that cannot be.
    """
    if not (isinstance(top, int) and 1 <= top <= tokenizer.vocab_size):
        raise ConfigError(f"`top` must be from 1 to {tokenizer.vocab_size}, got {top}.")
    ids = tokenizer.encode(text)
    if not text.strip() or not len(ids):
        raise CorpusError("there is no text to explain, only blanks or nothing at all.")
    if len(ids) > MOST_TOKENS:
        raise CorpusError(
            f"the text has {len(ids):,} tokens, and every pair of them has a connectivity. "
            f"Explain up to {MOST_TOKENS:,} at once."
        )
    documents = [text] if on is None else on
    if not any(document.strip() for document in documents):
        raise CorpusError("`on` has no text to measure units on.")
    tracer = Tracer(config, weights)
    state = None
    if label is not None:  # the end of a document, then the label
        state = tracer.read(np.array([[start_id]])).state
        start_id = label_ids(tokenizer)[label]
    trace = tracer.read(np.concatenate([[start_id], ids])[:, None], state)
    activity = units.activity(tracer, tokenizer, documents, start_id=start_id, state=state)
    followers, missing = units.followers(activity)
    names = _names(tokenizer)
    likeliest = _alternatives(_probabilities(trace), names, tokenizer.end_id, top)
    pair = influence(tracer, trace, ids)
    return Explanation(
        cell=config.cell,
        text=text,
        label=label,
        tokens=[names[token] for token in ids.tolist()],
        bits=_bits(trace, ids),
        alternatives=likeliest[:-1],
        next=likeliest[-1],
        connectivity=pair.connectivity,
        effect_bits=pair.effect / math.log(2),
        gates=[_gates(config.cell, layer) for layer in trace.layers],
        activity=activity,
        measured_on="the text itself" if on is None else "another text",
        followers=followers,
        missing=missing,
        unseen=tokenizer.unseen(text),
    )


def shown_label(label: str) -> str:
    """A label as no text is written."""
    return LABEL.format(controls.title(label))


def _names(tokenizer: Tokenizer) -> list[str]:
    """(V): what each token is shown as."""
    names = [piece.decode("utf-8", "backslashreplace") for piece in tokenizer.pieces]
    for label, token in label_ids(tokenizer).items():
        names[token] = shown_label(label)
    return names


def _probabilities(trace: Trace) -> Array:
    """(1 + T, V): what the model held likely after the start and after each token."""
    logits = trace.logits[:, 0].astype(np.float64)
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)  # type: ignore[no-any-return]


def _bits(trace: Trace, ids: IdArray) -> Values:
    return -np.log2(_probabilities(trace)[np.arange(len(ids)), ids])


def _alternatives(p: Array, names: Sequence[str], end: int, top: int) -> list[list[Alternative]]:
    best = np.argsort(-p, axis=-1, kind="stable")[:, :top]
    return [
        [Alternative(names[k], float(row[k]), k == end) for k in order.tolist()]
        for row, order in zip(p, best, strict=True)
    ]


def _gates(cell: str, layer: LayerTrace) -> dict[str, Array]:
    """Of each token, the start left out."""
    shown = (*SHOWN_GATES[cell], "candidate")
    found = {name: layer.gates[name][1:, 0] for name in shown}
    return {**found, MEMORY_NAMES[cell]: layer.memory[1:, 0]}


def _strips(layer: int, name: str, values: Array) -> Iterable[Strip]:
    if name in MEMORY_NAMES.values():  # a cell has any size, tanh is what is let out of it
        values = np.abs(np.tanh(values)) if name == MEMORY_NAMES["lstm"] else np.abs(values)
    yield Strip(layer, name, None, values.mean(-1).astype(np.float64))
    moving = np.argsort(-values.std(0), kind="stable")[:UNITS_SHOWN]
    for unit in sorted(moving.tolist()):
        yield Strip(layer, name, unit, values[:, unit].astype(np.float64))


def to_dict(found: Explanation) -> dict[str, Any]:
    """What `rnngen explain --json` prints; docs/explaining.md explains the keys."""
    return {
        "cell": found.cell,
        "text": found.text,
        "label": found.label,
        "bits_per_character": found.bits_per_character,
        "tokens": found.tokens,
        "bits": _rounded(found.bits),
        "expected": [[each._asdict() for each in place] for place in found.alternatives],
        "next": [each._asdict() for each in found.next],
        "connectivity": _rounded(found.connectivity),
        "effect_bits": _rounded(found.effect_bits),
        "half_of_connectivity_within": found.reach(),
        "gates": [{name: _rounded(a) for name, a in layer.items()} for layer in found.gates],
        "keeping_gate": KEEPING_GATE[found.cell],
        "time_constants": [
            [value if math.isfinite(value) else None for value in _rounded(layer)]
            for layer in found.time_constants
        ],
        "measured_on": found.measured_on,
        "followers": [
            {
                "feature": each.feature,
                "layer": each.layer,
                "unit": each.unit,
                "correlation": each.correlation,
                "shuffled": each.shuffled,
                "labelled": each.is_labelled,
            }
            for each in found.followers
        ],
        "missing": found.missing,
        "unseen": found.unseen,
    }


def _rounded(values: Array) -> Any:
    return np.round(values.astype(np.float64), 4).tolist()
