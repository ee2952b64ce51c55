"""What a form asks of a text, as its TOML file says it: checked key by key, by name.

The built-in forms are files of this kind (`builtin/*.toml`); copy one to make your own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnngen.config import read_toml
from rnngen.errors import ConfigError, FormError
from rnngen.forms.automata.syntax import parse as parse_pattern
from rnngen.suggest import did_you_mean

UNITS = ("syllables", "words", "chars", "tweet")
BREAKS = ("auto", "wrap", "newline")
ENDS = ("auto", "any", "sentence", "text")
MAX_LINES = 100
MOST = {"syllables": 60, "words": 60, "chars": 2000, "tweet": 10_000}
TWEET_WEIGHT = 280
_SHOWN = 60  # characters of a value in a message
BUILTIN = Path(__file__).parent / "builtin"


def _key(help: str, default: Any = dataclasses.MISSING) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class FormSpec:
    """One form. `lines` holds (least, most) units for each line; rhyme one letter for each."""

    name: str = _key("What --form calls it.")
    unit: str = _key("What lines are measured in: syllables, words, chars or tweet.")
    lines: tuple[tuple[int, int], ...] = _key("Units of each line: a number or [least, most].")
    rhyme: str = _key("One letter a line; lines of one letter rhyme, a dot rhymes with none.", "")
    break_: str = _key("Who breaks lines: the model (newline), the form (wrap), or auto.", "auto")
    end: str = _key("Where it may end: any word, a sentence, the end of a text, or auto.", "auto")
    acrostic: str = _key("First letters of the lines.", "")
    max_weight: int = _key("Most characters as Twitter weighs them, in all; 0: no limit.", 0)
    match: str = _key("A regular expression each line must match in full (chars and tweet).", "")
    about: str = _key("One sentence for `rnngen forms`.", "")
    example: str = _key("A text that has the form.", "")

    def with_acrostic(self, word: str) -> FormSpec:
        """This form with lines that begin with the letters of `word`.

        A form of one line gets as many as the word has letters. Raises ConfigError if the form
        has another number of lines.
        """
        lines = self.lines * len(word) if len(self.lines) == 1 else self.lines
        return _validate(dataclasses.replace(self, acrostic=word, lines=lines), "`acrostic`")

    @property
    def uses_words(self) -> bool:
        """Whether its units are made of words: syllables or words."""
        return self.unit in ("syllables", "words")

    def rhymes(self) -> tuple[str, ...]:
        """The rhyme letter of each line, empty where it rhymes with no other."""
        scheme = self.rhyme or "." * len(self.lines)
        return tuple(c if c != "." and scheme.count(c) > 1 else "" for c in scheme)


def builtin_names() -> tuple[str, ...]:
    """Names of the forms in the package, sorted."""
    return tuple(sorted(path.stem for path in BUILTIN.glob("*.toml")))


def load(name: str) -> FormSpec:
    """A built-in form. Raises ConfigError that lists them if there is none of that name."""
    if name not in builtin_names():
        known = builtin_names()
        raise ConfigError(
            f"unknown form {name!r}.{did_you_mean(name, known)} There are: {', '.join(known)}."
        )
    return read(BUILTIN / f"{name}.toml")


def find(form: str | Path) -> FormSpec:
    """A built-in form by its name, or the form of a TOML file; see `rnngen.forms.load`."""
    is_path = isinstance(form, Path) or form.endswith(".toml") or Path(form).name != form
    return read(Path(form)) if is_path else load(str(form))


def source(name: str) -> str:
    """The TOML file of a built-in form. Raises ConfigError as `load` does."""
    load(name)
    return (BUILTIN / f"{name}.toml").read_text(encoding="utf-8")


def read(path: Path) -> FormSpec:
    """The form of a TOML file. Raises ConfigError that names the file, the key and the cause."""
    return parse(read_toml(path), str(path))


def parse(values: dict[str, Any], source: str) -> FormSpec:
    """A form from the keys of its file; `source` is what errors call it."""
    values = {("break_" if key == "break" else key): value for key, value in values.items()}
    known = {f.name: f for f in dataclasses.fields(FormSpec)}
    for key, value in values.items():
        if key not in known:
            names = [n.rstrip("_") for n in known]
            raise ConfigError(
                f"{source}: unknown key {_shown(key)}.{did_you_mean(key, names)} "
                f"There are: {', '.join(names)}."
            )
        wanted = int if key == "max_weight" else list if key == "lines" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            kind = {int: "a whole number", list: "a list", str: "text in quotes"}[wanted]
            raise ConfigError(f"{source}: {key.rstrip('_')} must be {kind}, got {_shown(value)}.")
    if values.get("unit") == "tweet":
        values.setdefault("max_weight", TWEET_WEIGHT)
        values.setdefault("lines", [[1, values["max_weight"]]])
    for key in ("name", "unit", "lines"):
        if key not in values:
            raise ConfigError(f"{source}: the key {key!r} is missing: {_help(key)}")
    lines = tuple(_line(entry, number, source) for number, entry in enumerate(values["lines"], 1))
    return _validate(FormSpec(**{**values, "lines": lines}), source)


def _shown(value: Any) -> str:
    """A value for a message: a file may hold a long one."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def _help(key: str) -> str:
    return str(FormSpec.__dataclass_fields__[key].metadata["help"])


def _line(entry: Any, number: int, source: str) -> tuple[int, int]:
    pair = [entry, entry] if isinstance(entry, int) else entry
    whole = isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)
    if not whole or not 1 <= pair[0] <= pair[1]:
        raise ConfigError(
            f"{source}: lines, entry {number}: must be a whole number from 1 or [least, most],"
            f" got {_shown(entry)}."
        )
    return pair[0], pair[1]


def _validate(spec: FormSpec, source: str) -> FormSpec:
    for complaint in _complaints(spec):
        raise ConfigError(f"{source}: {complaint}")
    return spec


def _complaints(spec: FormSpec) -> list[str]:
    """What is wrong with a form, as messages that begin with the key; empty if nothing is."""
    return [*_wrong_values(spec), *_wrong_together(spec)]


def _wrong_values(spec: FormSpec) -> list[str]:
    found = []
    for key, value, choices in (
        ("unit", spec.unit, UNITS),
        ("break", spec.break_, BREAKS),
        ("end", spec.end, ENDS),
    ):
        if value not in choices:
            meant = did_you_mean(value, choices)
            found.append(f"{key} must be one of {', '.join(choices)}, got {_shown(value)}.{meant}")
    if found:
        return found
    if not 1 <= len(spec.lines) <= MAX_LINES:
        found.append(f"lines must hold 1 to {MAX_LINES} entries, got {len(spec.lines)}.")
    elif max(high for _, high in spec.lines) > MOST[spec.unit]:
        found.append(f"lines: a line of {spec.unit} has at most {MOST[spec.unit]}.")
    if spec.max_weight < 0:
        found.append(f"max_weight must be at least 0, got {spec.max_weight}.")
    if not all(c.isalpha() or c == "." for c in spec.rhyme):
        found.append(f"rhyme must be letters and dots, got {_shown(spec.rhyme)}.")
    if not spec.acrostic.isalpha() and spec.acrostic:
        found.append(f"acrostic must be letters, got {_shown(spec.acrostic)}.")
    return found


def _wrong_together(spec: FormSpec) -> list[str]:
    """Keys that contradict each other."""
    found, size = [], len(spec.lines)
    if spec.rhyme and len(spec.rhyme) != size:
        found.append(f"rhyme has {len(spec.rhyme)} letters for {size} lines; give one a line.")
    if spec.acrostic and len(spec.acrostic) != size:
        found.append(
            f"acrostic {_shown(spec.acrostic)} has {len(spec.acrostic)} letters for {size} lines."
        )
    if not spec.uses_words and (spec.rhyme or spec.acrostic):
        key = "rhyme" if spec.rhyme else "acrostic"
        found.append(f"{key} needs unit syllables or words, not {spec.unit}.")
    if spec.uses_words and spec.match:
        found.append(f"match needs unit chars or tweet, not {spec.unit}.")
    if spec.uses_words and spec.max_weight:
        found.append(f"max_weight needs unit chars or tweet, not {spec.unit}.")
    least = sum(low for low, _ in spec.lines) + size - 1
    if spec.max_weight and least > spec.max_weight:
        found.append(f"max_weight {spec.max_weight} is less than the {least} its lines need.")
    if spec.unit == "tweet" and size > 1:
        found.append("lines: a form of unit tweet has one entry, for the whole text.")
    if spec.match:
        try:
            parse_pattern(spec.match)
        except FormError as error:
            found.append(str(error))
    return found
