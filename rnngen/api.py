"""A trained model to write with, from Python as from the command line. Imports no torch.

>>> import rnngen
>>> haiku = rnngen.load("haiku")
>>> for text in haiku.sample(n=3, seed=1):
...     print(text.text)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import checkpoint, runs
from rnngen.language_model import LanguageModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rnngen.analysis.named import NamedComparison
    from rnngen.training.events import Event, Observer

__all__ = ["LanguageModel", "compare", "load", "short_sample", "train"]

SHORT = 160
"""Tokens of a text that a model in training writes."""


def load(name: str | Path) -> LanguageModel:
    """The model called `name`, or the one at a path. Raises CheckpointError."""
    return LanguageModel(checkpoint.load_model(runs.find_model(str(name))))


def train(
    *paths: str | Path,
    name: str | None = None,
    output: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    init_from: str | None = None,
    tensorboard: str | Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] | None = None,
    **settings: Any,
) -> Iterator[Event]:
    """Train a model as `rnngen train` does; yields what happens, up to Stopped (events.py).

    >>> for event in rnngen.train("poems.txt", name="poems", minutes=2):
    ...     print(event)

    Settings are fields of TextConfig, ModelConfig and TrainConfig; those left out are chosen.
    Nothing but importing torch happens before the first event is asked for.
    should_stop: asked after every step; once true, the run is saved and stops.
    note: called with a line where something turned out otherwise than asked.
    Raises ConfigError for arguments that cannot be, RnngenError for what goes wrong later.
    """
    from contextlib import nullcontext

    from rnngen.training.request import Request

    request = Request(
        paths=list(map(str, paths)),
        settings={key: value for key, value in settings.items() if value is not None},
        name=name,
        output=Path(output) if output else None,
        resume=resume,
        overwrite=overwrite,
        init_from=init_from,
        tensorboard=Path(tensorboard) if tensorboard else None,
    )
    from rnngen.training.launch import launch  # with torch, once the arguments are checked

    return launch(request, sample=short_sample, stop_requests=nullcontext(should_stop), note=note)


def compare(
    *paths: str | Path,
    name: str | None = None,
    cells: Sequence[str] = ("lstm", "gru"),
    sizes: Sequence[int] | None = None,
    vary: Mapping[str, Sequence[Any]] | None = None,
    seeds: int = 3,
    minutes: float | None = None,
    steps: int | None = None,
    parameters: int | None = None,
    probe: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    observers: Sequence[Observer] = (),
    should_stop: Callable[[], bool] = lambda: False,
    note: Callable[[str], None] | None = None,
    **settings: Any,
) -> NamedComparison:
    """Train settings on one text under one budget and measure them, as `rnngen compare` does.

    >>> rnngen.compare("poems.txt", steps=300).comparison.judgement.sentence

    Every combination of cells, sizes and the values of `vary` is trained with each seed.
    settings: of all runs, fields of TextConfig, ModelConfig and TrainConfig.
    resume: go on with the comparison of this name; the rest is then as it began.
    The other arguments are those of `train` and of analysis/compare.py.
    Raises ConfigError for arguments that cannot be, RnngenError for what goes wrong later.
    """
    from rnngen.analysis.named import compare

    return compare(
        [str(path) for path in paths],
        name,
        {
            "cells": cells,
            "sizes": sizes,
            "vary": vary,
            "seeds": seeds,
            "minutes": minutes,
            "steps": steps,
            "parameters": parameters,
            "probe": probe,
        },
        {key: value for key, value in settings.items() if value is not None},
        resume=resume,
        overwrite=overwrite,
        observers=observers,
        should_stop=should_stop,
        note=note,
    )


def short_sample(model: checkpoint.Model, step: int) -> str:
    """What a model in training writes at a step: a short text, another one each time."""
    with np.errstate(all="ignore"):  # it may be about to diverge, which training says
        [text] = LanguageModel(model).sample(seed=step, length=SHORT)
    return text.text
