"""Settings as a user of the command line types them: `batch_size` is --batch-size."""

from __future__ import annotations

import dataclasses

from rnngen.config import ModelConfig, SampleConfig, TextConfig, TrainConfig, option
from rnngen.errors import spell_settings

CONFIGS = (TextConfig, ModelConfig, TrainConfig, SampleConfig)
OF_RUNS = ("shard", "name", "output", "resume", "overwrite", "init_from", "tensorboard")
OF_COMMANDS = (
    *("stride", "adapt", "adapt_rate"),
    *("x", "y", "from", "smooth", "width", "height", "out"),
    *("on", "top", "plot", "html", "report"),
    *("cells", "sizes", "vary", "seeds", "parameters", "probe"),
    *("to", "title", "weights"),
    *(
        "form",
        "form_file",
        "acrostic",
        "particles",
        "budget_ms",
        "words",
        "sharpen",
        "number",
        "seed",
    ),
)
OPTIONS = {field.name for config in CONFIGS for field in dataclasses.fields(config)}
OPTIONS -= {"paths"}
OPTIONS |= {*OF_RUNS, *OF_COMMANDS}
"""Names of settings that are options of a command."""
SHORT = {"output": "-o"}
"""Settings that are named by a short option."""


def as_options(message: str) -> str:
    """A message of the library as the command line says it; see errors.py.

    >>> as_options("`batch_size` must be at least 1, got 0.")
    '--batch-size must be at least 1, got 0.'
    """
    return spell_settings(message, _as_option)


def _as_option(name: str) -> str:
    return SHORT.get(name, option(name)) if name in OPTIONS else f"`{name}`"
