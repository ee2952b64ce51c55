"""Turn a text file into a small LSTM or GRU language model and write new text with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnngen import forms
    from rnngen.api import LanguageModel, compare, load, train

from rnngen.version import __version__

__all__ = ["LanguageModel", "__version__", "compare", "forms", "load", "train"]


def __getattr__(name: str) -> Any:
    """Import the library face when it is asked for: `rnngen --help` needs none of it."""
    if name in ("LanguageModel", "compare", "load", "train"):
        from rnngen import api

        return getattr(api, name)
    if name == "forms":
        import importlib

        return importlib.import_module("rnngen.forms")
    raise AttributeError(f"module 'rnngen' has no attribute {name!r}")


def __dir__() -> list[str]:
    """What the package offers, and not what this file needs to offer it."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
