"""Options that several commands share, and help texts taken from the configs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.config.base import Config, option
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.api import LanguageModel
    from rnngen.forms.spec import FormSpec


def setting(
    config: type[Config],
    name: str,
    *flags: str,
    metavar: Sequence[str] = (),
    show_default: bool = True,
) -> Any:
    """The option for one field of a config: its name, help and default are the field's."""
    default = config.__dataclass_fields__[name].default  # type: ignore[attr-defined]
    is_shown = show_default and config.DEFAULTS_APPLY and default not in (None, (), False)
    shown = f"  [default: {default:g}]" if isinstance(default, int | float) else ""
    shown = f"  [default: {default}]" if isinstance(default, str) else shown
    return typer.Option(
        *(flags or (option(name),)),
        metavar="|".join(metavar) or None,
        help=config.help(name) + (shown if is_shown else ""),
    )


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="Text files (.gz, .xz, .bz2 and .zst too), folders of .txt files, globs, URLs, "
        "or - for stdin.",
    ),
]


def model_names(incomplete: str) -> list[str]:
    """For completion in the shell, so it must stay fast."""
    from rnngen import runs

    return [name for name in runs.models() if name.startswith(incomplete)]


ModelName = Annotated[
    str | None,
    typer.Argument(
        envvar="RNNGEN_MODEL",
        autocompletion=model_names,
        help="A model's name or path. Default: your newest model.",
    ),
]
NamedModel = Annotated[
    str | None,
    typer.Argument(autocompletion=model_names, help="A model's name or path."),
]
"""Where more arguments follow, so that it cannot be left out."""


def _run_names(incomplete: str) -> list[str]:
    """For completion in the shell."""
    from rnngen import runs

    return [name for name in runs.log_files() if name.startswith(incomplete)]


RunNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...",
        autocompletion=_run_names,
        help="Names or folders of runs. Default: the run written to last.",
    ),
]
InitFrom = Annotated[
    str | None,
    typer.Option(
        "--init-from",
        metavar="MODEL",
        autocompletion=model_names,
        help="Start from the weights and tokens of this model.",
    ),
]


def form_names(incomplete: str) -> list[str]:
    """For completion in the shell."""
    from rnngen.forms import spec

    return [name for name in spec.builtin_names() if name.startswith(incomplete)]


Form = Annotated[
    str | None,
    typer.Option(
        "--form",
        metavar="NAME",
        autocompletion=form_names,
        help="A form that each text must have, such as haiku. rnngen forms lists them.",
    ),
]
NamedForm = Annotated[
    str | None,
    typer.Argument(autocompletion=form_names, help="A form's name. Default: list all forms."),
]
FormFile = Annotated[
    Path | None,
    typer.Option("--form-file", help="A form of your own, a file as rnngen forms haiku prints it."),
]
Acrostic = Annotated[
    str | None,
    typer.Option("--acrostic", metavar="WORD", help="Begin the lines with the letters of WORD."),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML file of settings. Options override it.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Folder to write the model to, anywhere, in place of --name.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
QuietNotes = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print the texts and errors, but no notes.")
]
Raw = Annotated[
    bool,
    typer.Option("--raw", help="Print control characters as they are, also on a terminal."),
]


def new_seed() -> int:
    """A seed for texts that were not asked for before."""
    return int.from_bytes(os.urandom(4), "little")


def form(name: str | None, file: Path | str | None, word: str | None) -> FormSpec | None:
    """The form that --form, --form-file and --acrostic ask for, if any. Raises ConfigError."""
    from rnngen import forms

    if name is not None and file is not None:
        raise ConfigError("`form` and `form_file` exclude each other. Leave one of them out.")
    if name is None and file is None:
        if word is None:
            return None
        name = "acrostic"
    if name == "acrostic" and word is None:
        raise ConfigError("`form` acrostic needs the word its lines spell: `acrostic` WORD.")
    asked = forms.load(Path(file) if file is not None else name or "")
    return asked if word is None else asked.with_acrostic(word)


def check_seen(model: LanguageModel, text: str, what: str, *, strict: bool = False) -> None:
    """Say which characters of `text` the model never saw; refuse them if `strict`."""
    tell_unseen(model.unseen(text), what, strict=strict)


def tell_unseen(unseen: list[str], what: str, *, strict: bool = False) -> None:
    """The same, of characters that were found already; there may be none."""
    if not unseen:
        return
    shown = ", ".join(repr(character) for character in unseen[:10])
    more = f" and {len(unseen) - 10} more" if len(unseen) > 10 else ""
    message = f"{what} has characters the model has never seen: {shown}{more}"
    if strict:
        raise ConfigError(f"{message}. Leave out --strict to continue anyway.")
    console.remark(f"{message}.")
