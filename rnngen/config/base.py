"""Every setting, said once: what it means, what it may be, what it is by default.

The command line takes its help from here, a checkpoint stores these as JSON, `--config run.toml`
reads them from TOML. Building one checks it; the message names the option as a user types it.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import field
from typing import TYPE_CHECKING, Any, Self

from rnngen.errors import ConfigError, FileError
from rnngen.suggest import SETTING_SYNONYMS, did_you_mean, similar_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_TOML = 1 << 20
"""Bytes of a file of settings."""


def setting(
    help: str,
    default: Any = dataclasses.MISSING,
    *,
    group: str = "",
    choices: Sequence[str] = (),
    is_chosen: bool = False,
) -> Any:
    """A dataclass field with the sentence that explains it.

    group: the heading it stands under where settings are listed.  choices: what it may be, if that
    is one of a few words.  is_chosen: training chooses it from the text, the machine and the time
    if it is not given, and `default` is for who builds a config by hand.
    """
    about = {"help": help, "group": group, "choices": tuple(choices), "is_chosen": is_chosen}
    return field(default=default, metadata=about)


KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "on or off"),
    "None": ((type(None),), "nothing"),
}
"""How a field is annotated -> the types that its value may have, and what that is called."""


class Config:
    """What the dataclasses share: JSON out, JSON in, and checks that name the option."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The config that `to_dict` described. Raises ConfigError for an unknown key."""
        known = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - known):
            meant = did_you_mean(unknown[0], sorted(known), SETTING_SYNONYMS)
            raise ConfigError(
                f"unknown setting {unknown[0]!r}.{meant} Known settings: "
                f"{', '.join(sorted(known))}."
            )
        try:
            return cls(**values)
        except TypeError as error:
            raise ConfigError(f"{cls.__name__}: {error}") from error

    @classmethod
    def help(cls, name: str) -> str:
        """The sentence that explains the setting `name`."""
        return str(cls.__dataclass_fields__[name].metadata["help"])  # type: ignore[attr-defined]

    def _check_types(self) -> None:
        """Raises ConfigError for a value of another kind than its field: a file may hold any.

        Whole numbers are left to `_check_integer`, which says what they may be.
        """
        for each in dataclasses.fields(self):  # type: ignore[arg-type]
            kinds = str(each.type).split(" | ")
            if not set(kinds) <= KINDS.keys():
                continue
            types, must = KINDS[kinds[0]]
            value = getattr(self, each.name)
            is_none = value is None and "None" in kinds
            self._check(each.name, is_none or isinstance(value, types), must)

    def _check(self, name: str, ok: bool, must: str, hint: str = "") -> None:
        if not ok:
            value = _shown(getattr(self, name))
            raise ConfigError(f"`{name}` must be {must}, got {value}.{hint and ' ' + hint}")

    def _check_integer(
        self, name: str, least: int, hint: str = "", *, most: int | None = None
    ) -> None:
        value = getattr(self, name)
        ok = isinstance(value, int) and not isinstance(value, bool)
        self._check(name, ok and value >= least, f"a whole number, at least {least}", hint)
        if most is not None:
            self._check(name, value <= most, f"at most {most}")

    def _check_number(self, name: str, ok: bool, must: str, hint: str = "") -> None:
        value = getattr(self, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_finite = is_number and abs(value) <= sys.float_info.max  # whole numbers may be larger
        self._check(name, is_finite and ok, must, hint)

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        hint = did_you_mean(str(value), choices).lstrip()
        self._check(name, value in choices, f"one of {', '.join(choices)}", hint)


def _shown(value: Any) -> str:
    """A value in a message: `-1.0` also where it is the only one of a tuple."""
    if isinstance(value, tuple):
        return ", ".join(repr(each) for each in value) or "nothing"
    return repr(value) if value == "" else str(value)


def option(name: str) -> str:
    """How a user types the setting: `batch_size` is `--batch-size`."""
    return "--" + name.replace("_", "-")


def read_toml(path: Path) -> dict[str, Any]:
    """The settings of a TOML file: keys as in TrainConfig and ModelConfig.

    Raises FileError if it cannot be read, and ConfigError that names the line where TOML is broken.
    """
    import tomllib

    try:
        with path.open("rb") as file:
            content = file.read(MOST_TOML + 1)
        if len(content) > MOST_TOML:
            raise ConfigError(f"{path}: larger than {MOST_TOML:,} bytes, so no settings.")
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise ConfigError(f"{path}: not TOML: nested too deeply.") from error
    except OSError as error:
        hint = similar_file(path) if isinstance(error, FileNotFoundError) else ""
        raise FileError(f"{path}: {error.strerror}.{hint}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}.") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not TOML: a number with too many digits.") from error
