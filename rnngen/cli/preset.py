"""`rnngen preset`: how a model is sampled where nothing else is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options, values
from rnngen.config import option
from rnngen.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = {"ignore_unknown_options": True, "allow_extra_args": True}
EXAMPLES = """
\b
Examples:
  rnngen preset haiku
  rnngen preset my-haiku --form haiku --temperature 0.7 --best-of 24
  rnngen preset my-haiku --clear
"""


def command(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A model.", autocompletion=options.model_names)],
    clear: Annotated[bool, typer.Option("--clear", help="Take the preset away.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the preset as JSON.")] = False,
) -> None:
    """Store with a model how it is sampled, or show it.

    Takes the options of rnngen sample that say what a text is like: --form, --words, --particles,
    --temperature, --best-of, --length and so on. They replace the preset that was there. rnngen
    sample then takes each of them that is not given. The preset travels in the model's file.
    """
    from rnngen import checkpoint, runs
    from rnngen.forms import preset

    path = runs.find_model(name)
    given = _parse(ctx.args)
    if given and clear:
        raise ConfigError("--clear takes the preset away. Leave the other options out.")
    if given or clear:
        _check_own(name, path)
    if given:
        preset.check(given)
        label, known = given.get("label"), checkpoint.load_model(path).tokenizer.labels
        if label is not None and label not in known:
            raise ConfigError(f"`label` {label!r}: the model has no such label.")
    if given or clear:
        checkpoint.set_preset(path, given)
    stored = checkpoint.load_model(path).facts.get("preset", {})
    if as_json:
        typer.echo(console.to_json(stored))
    elif stored:
        typer.echo(console.one_line(" ".join(map(_as_option, stored.items()))))
    else:
        console.note(f"{console.one_line(name)} has no preset.")


def _check_own(name: str, path: Path) -> None:
    """Raises CheckpointError for a model that came with rnngen."""
    from rnngen import runs

    if runs.is_shipped(path):
        raise CheckpointError(
            f"{name} comes with rnngen and stays as it is. Copy its file first: rnngen models path"
            f" {name} prints where it is."
        )


def _parse(words: list[str]) -> dict[str, object]:
    """Settings by name, from options and their values. Raises ConfigError."""
    given: dict[str, object] = {}
    left = [part for word in words for part in _split(word)]
    while left:
        name = left.pop(0)
        if not name.startswith("--") or not left:
            raise ConfigError(
                f"{name!r}: a preset is made of options with a value, such as --form haiku."
            )
        field = name.removeprefix("--").replace("-", "_")
        given[field] = values.of_setting(field, left.pop(0), given.get(field))
    return given


def _split(word: str) -> list[str]:
    """--form=haiku is --form haiku."""
    name, sign, value = word.partition("=")
    return [name, value] if sign and name.startswith("--") else [word]


def _as_option(item: tuple[str, object]) -> str:
    name, value = item
    many = value if isinstance(value, list | tuple) else [value]
    return f"{option(name)} {','.join(map(str, many))}"
