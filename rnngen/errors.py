"""What can go wrong, as the user reads it: one line that names the thing and what would work.

RnngenError
├── ConfigError       an option or setting that cannot be               (exit code 2)
├── CorpusError       text that cannot be read or used                  (1)
├── TokenizerError    a tokenizer that cannot be built or does not fit  (1)
├── CheckpointError   a run or model that is missing or in use          (1)
│   └── DamagedError  a file that is there and not whole, or not ours   (1)
├── FileError         another file that cannot be read or written       (1)
├── TrainingError     training that cannot go on                        (1)
├── FormError         a form that no text can fill                      (1)
└── PackageError      an optional package that is not installed         (1)

A message names a setting by its name in backquotes: "`batch_size` must be at least 1, got 0". So
Python users read it; the command line puts the option in its place (console/spelling.py). Messages
use backquotes for nothing else, so that no other word can be taken for a setting.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SETTING = re.compile(r"`([a-z][a-z0-9_]*)`")


class RnngenError(Exception):
    """Base of every error that is the user's to read; `str(error)` is the whole message."""

    exit_code = 1


class ConfigError(RnngenError):
    exit_code = 2


class CorpusError(RnngenError):
    pass


class TokenizerError(RnngenError):
    pass


class CheckpointError(RnngenError):
    pass


class DamagedError(CheckpointError):
    pass


class FileError(RnngenError):
    pass


class TrainingError(RnngenError):
    pass


class FormError(RnngenError):
    pass


class PackageError(RnngenError):
    pass


def install_hint(extra: str) -> str:
    """How to get the packages of an extra, to stand behind what needs them.

    >>> install_hint("zstd")
    'pip install "rnngen[zstd]", or in a clone: pip install ".[zstd]"'
    """
    return f'pip install "rnngen[{extra}]", or in a clone: pip install ".[{extra}]"'


def spell_settings(message: str, spell: Callable[[str], str]) -> str:
    """`message` with each setting in it as `spell` writes it, who gets its name.

    >>> spell_settings("`batch_size` must be at least 1.", str.upper)
    'BATCH_SIZE must be at least 1.'
    """
    return SETTING.sub(lambda found: spell(found[1]), message)
