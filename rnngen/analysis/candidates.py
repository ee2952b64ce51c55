"""What is compared: settings, each trained with several seeds, all under one budget."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.config import CELLS
from rnngen.cores import cores
from rnngen.counts import count
from rnngen.dataset import cache
from rnngen.errors import ConfigError
from rnngen.model.shapes import parameter_count
from rnngen.training import recipe
from rnngen.training.device import choose_device
from rnngen.training.divided_text import divide
from rnngen.training.request import TEXT_SETTINGS, check_settings
from rnngen.training.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rnngen.config import TextConfig
    from rnngen.training.divided_text import DividedText

LEAST_STEPS = 20
"""Of a run that is compared. The learning rate has hardly risen before."""
WIDEST = 4096
FIXED = ("seed", "steps", "minutes", "epochs", "cell", "hidden_size")
"""Settings that a comparison sets itself."""


@dataclass(frozen=True)
class Budget:
    """What each run is given: a length, and where `parameters` is set also a size."""

    minutes: float | None = None
    steps: int | None = None
    parameters: int | None = None

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ConfigError(
                "a comparison needs one length for all runs: `steps` or `minutes`, and not both. "
                "`parameters` says how large they are, not how long."
            )
        if self.steps is not None and self.steps < LEAST_STEPS:
            raise ConfigError(
                f"`steps` must be at least {LEAST_STEPS} to compare anything, got {self.steps}."
            )
        if self.minutes is not None and not self.minutes > 0:
            raise ConfigError(f"`minutes` must be above 0, got {self.minutes:g}.")

    def settings(self) -> dict[str, Any]:
        """As settings of training. Runs go to their end: patience would cut one and not another."""
        length = {"minutes": self.minutes} if self.steps is None else {"steps": self.steps}
        return {**length, "patience": 0}

    def __str__(self) -> str:
        length = count(self.steps, "step") if self.steps else f"{self.minutes:g} minutes"
        size = f", about {self.parameters:,} parameters" if self.parameters else ""
        return f"{length} each{size}"


@dataclass(frozen=True)
class Candidate:
    """Settings that are compared with others."""

    label: str
    """Names it and its runs, such as `lstm-128`."""
    settings: dict[str, Any]


def candidates(
    cells: Sequence[str],
    sizes: Sequence[int] | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
) -> list[Candidate]:
    """Every combination, at least two.

    vary: other settings of training -> their values.
    Raises ConfigError for values that cannot be, or that are named twice.
    """
    axes: dict[str, Sequence[Any]] = {"cell": cells}
    if sizes is not None:
        axes["hidden_size"] = sizes
    for name, values in (vary or {}).items():
        check_settings([name])
        if name in FIXED or name in TEXT_SETTINGS:
            raise ConfigError(
                f"`vary` cannot change `{name}`: cells and sizes are named by themselves, and text "
                "and budget are the same for all."
            )
        axes[name] = values
    for name, values in axes.items():
        if not values or len(set(values)) < len(values):
            raise ConfigError(f"`{name}` needs values that differ, got {_listed(values)}.")
    if unknown := sorted(set(cells) - set(CELLS)):
        raise ConfigError(f"`cells` must be of {', '.join(CELLS)}, got {unknown[0]!r}.")
    found = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    if len(found) < 2:
        raise ConfigError("there is nothing to compare: name two cells, sizes or other values.")
    for settings in found:
        recipe.check(settings)
    return [Candidate(_label(settings), settings) for settings in found]


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values)) or "none"


def _label(settings: Mapping[str, Any]) -> str:
    """`lstm-128-seq_len64`: what is usual by its value alone."""
    return "-".join(
        str(value) if name in ("cell", "hidden_size") else f"{name}{value}"
        for name, value in settings.items()
    )


def open_text(text: TextConfig, home: Path, settings: Mapping[str, Any]) -> DividedText:
    """The text as every run will have it: cut into tokens, divided into sides."""
    corpus = cache.open_text(text, home)
    tokenizer = cache.find_tokenizer(corpus, text, home, None)
    fraction = settings.get("valid_fraction")
    valid = cache.open_valid(text, home)
    return divide(corpus, valid, tokenizer, home=home, fraction=fraction)


def fit_parameters(
    candidate: Candidate, read: DividedText, settings: Mapping[str, Any], parameters: int
) -> Candidate:
    """The candidate with the size that comes nearest to a number of parameters.

    All else is chosen as training chooses it.
    Raises ConfigError if the smallest or largest size is far off.
    """
    situation = Situation(
        num_tokens=read.training.num_tokens,
        held_out=read.validation.num_tokens,
        vocab_size=read.tokenizer.vocab_size,
        cores=cores(),
        device=choose_device(settings.get("device", "auto")).type,
    )

    def count(size: int) -> int:
        given = {**settings, **candidate.settings, "hidden_size": size}
        return parameter_count(recipe.choose(situation, given).model)

    low, high = 1, WIDEST  # counts grow with the size: the first size of `parameters` or more
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if count(middle) < parameters else (low, middle)
    size = min((max(1, low - 1), low), key=lambda size: abs(count(size) - parameters))
    if not 0.5 <= count(size) / parameters <= 2:
        raise ConfigError(
            f"`parameters` {parameters:,} cannot be met by {candidate.label}: the nearest model "
            f"has {count(size):,}."
        )
    return Candidate(candidate.label, {**candidate.settings, "hidden_size": size})
