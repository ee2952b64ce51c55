"""The losses of a run as curves, read from its `log.jsonl`, also while the run still writes it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rnngen.errors import CheckpointError, ConfigError
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TRAINING, HELD_OUT = "training", "held_out"
X_UNITS = {"step": "steps", "tokens": "tokens", "minutes": "minutes", "epoch": "epochs"}
Y_KEYS = {"nats": "nats_per_token", "bits": "bits_per_byte"}
CURVES = {"step": TRAINING, "evaluation": HELD_OUT}
MEASURES = {
    "train_nats_per_token": "nats_per_token",
    "valid_nats_per_token": "nats_per_token",
    "valid_bits_per_byte": "bits_per_byte",
}
"""Key of the log -> key of a point."""
LARGEST = 1e100


@dataclass(frozen=True)
class View:
    """What to draw of the runs."""

    x: str = "step"
    y: str = "nats"
    """`nats` per token, of training and held-out text; or `bits` per byte, of held-out text: how
    many bytes were trained on the log does not say."""
    smooth: float = 0.0
    """Weight of the points before in each point of a training curve, 0 to less than 1."""
    first: float | None = None
    """Where the x axis begins; what comes before is left out, also of the range of y."""
    log_x: bool = False

    def __post_init__(self) -> None:
        for name, choices in (("x", X_UNITS), ("y", Y_KEYS)):
            if (value := getattr(self, name)) not in choices:
                raise ConfigError(
                    f"`{name}` must be one of {', '.join(choices)}, got {value!r}."
                    f"{did_you_mean(value, choices)}"
                )
        if not 0 <= self.smooth < 1:
            raise ConfigError(f"`smooth` must be at least 0 and below 1, got {self.smooth:g}.")
        if self.first is not None and not math.isfinite(self.first):
            raise ConfigError(f"`from` must be a finite number, got {self.first:g}.")

    @property
    def y_key(self) -> str:
        return Y_KEYS[self.y]

    @property
    def y_label(self) -> str:
        return self.y_key.replace("_", " ")

    @property
    def x_label(self) -> str:
        return X_UNITS[self.x]


@dataclass(frozen=True)
class Curve:
    """One line of the chart."""

    run: str
    kind: str
    """TRAINING or HELD_OUT."""
    points: list[tuple[float, float]]
    """(x, y) in the units of the view, in the order of the log."""

    @property
    def last(self) -> tuple[float, float]:
        return self.points[-1]

    @property
    def best(self) -> tuple[float, float]:
        """The lowest point; of several the first, as training keeps the first."""
        return min(self.points, key=lambda point: point[1])


@dataclass(frozen=True)
class RunLog:
    """The losses in a log."""

    name: str
    points: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    """TRAINING, HELD_OUT -> points: numbers by the keys of X_UNITS and the values of Y_KEYS."""

    def curve(self, kind: str, view: View) -> Curve:
        """What the view shows of one curve; it may have no points."""
        known = [p for p in self.points.get(kind, []) if view.x in p and view.y_key in p]
        values = [p[view.y_key] for p in known]
        if kind == TRAINING:
            values = smooth(values, view.smooth)
        points = [(p[view.x], y) for p, y in zip(known, values, strict=True)]
        first = -math.inf if view.first is None else view.first
        shown = [(x, y) for x, y in points if x >= first and (x > 0 or not view.log_x)]
        return Curve(self.name, kind, shown)

    @property
    def bytes_per_token(self) -> float | None:
        """Of the held-out text; differs where tokens or texts do. None before an evaluation."""
        for point in reversed(self.points.get(HELD_OUT, [])):
            nats, bits = point.get("nats_per_token"), point.get("bits_per_byte")
            if nats and bits:
                return nats / bits / math.log(2)
        return None


def curves(logs: Sequence[RunLog], view: View) -> list[Curve]:
    """All curves with points, run after run, training before held-out text."""
    found = [log.curve(kind, view) for log in logs for kind in (TRAINING, HELD_OUT)]
    return [curve for curve in found if curve.points]


def read_log(path: Path, name: str) -> RunLog:
    """The losses in the log at `path`. Raises CheckpointError if it cannot be read.

    A line that is no event is passed over: the run may be writing it right now.
    """
    log = RunLog(name, {TRAINING: [], HELD_OUT: []})
    try:
        with path.open("rb") as lines:
            for kind, point in filter(None, map(_point, lines)):
                log.points[kind].append(point)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}.") from error
    return log


def _point(line: bytes) -> tuple[str, dict[str, float]] | None:
    """Which curve a line of the log adds to, and its point; None if to none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kind = CURVES.get(str(event.get("event"))) if isinstance(event, dict) else None
    if kind is None:
        return None
    numbers = {key: value for key, value in event.items() if _is_number(value)}
    point = {MEASURES.get(key, key): value for key, value in numbers.items()}
    if "seconds" in point:
        point["minutes"] = point["seconds"] / 60
    return kind, point


def _is_number(value: Any) -> bool:
    """Whether it can be drawn: no NaN, no infinity, and of no size that arithmetic would lose."""
    return type(value) in (int, float) and abs(value) < LARGEST


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Each value as the mean of those so far, each one before counting `weight` times the next.

    Exponential smoothing without a pull to the first value: (1, 3) at 0.5 is (1, 7/3).
    """
    return list(_running_means(values, weight))


def _running_means(values: Sequence[float], weight: float) -> Iterator[float]:
    total = count = 0.0
    for value in values:
        total, count = weight * total + value, weight * count + 1
        yield total / count
