"""Every setting, said once: what it means, what it may be, what it is by default.

The command line takes its help from here, a checkpoint stores these as JSON, `--config run.toml`
reads them from TOML. Building one checks it, and the message names the setting (see errors.py).

text.py      which text is read, and how it is cut into tokens
model.py     the shape of a model
training.py  how it is trained
sampling.py  how text is drawn from it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnngen.config.base import Config, option, read_toml, setting
    from rnngen.config.model import CELLS, ModelConfig
    from rnngen.config.sampling import MOST_CANDIDATES, UNTIL, SampleConfig
    from rnngen.config.text import DOCUMENTS, SUBWORDS, TOKENIZERS, ReadingConfig, TextConfig
    from rnngen.config.training import BUDGET, DEVICES, PRECISIONS, TrainConfig

_MODULES = {
    "base": ("Config", "option", "read_toml", "setting"),
    "model": ("CELLS", "ModelConfig"),
    "sampling": ("MOST_CANDIDATES", "UNTIL", "SampleConfig"),
    "text": ("DOCUMENTS", "SUBWORDS", "TOKENIZERS", "ReadingConfig", "TextConfig"),
    "training": ("BUDGET", "DEVICES", "PRECISIONS", "TrainConfig"),
}
__all__ = [
    "BUDGET",
    "CELLS",
    "DEVICES",
    "DOCUMENTS",
    "MOST_CANDIDATES",
    "PRECISIONS",
    "SUBWORDS",
    "TOKENIZERS",
    "UNTIL",
    "Config",
    "ModelConfig",
    "ReadingConfig",
    "SampleConfig",
    "TextConfig",
    "TrainConfig",
    "option",
    "read_toml",
    "setting",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for: a command starts sooner without the settings of the others."""
    import importlib

    for module, names in _MODULES.items():
        if name in names:
            found = getattr(importlib.import_module(f"rnngen.config.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'rnngen.config' has no attribute {name!r}")
