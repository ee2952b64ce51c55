"""Options that several commands share, and help texts taken from the configs."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.config.base import Config, option
from rnngen.counts import count
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rnngen.api import LanguageModel
    from rnngen.forms.spec import FormSpec


def setting(
    config: type[Config],
    name: str,
    *flags: str,
    metavar: str | None = None,
    show_default: bool = True,
) -> Any:
    """The option for one field of a config: its name, help, choices and default are the field's.

    show_default: False where the default is not the field's. What training chooses has none.
    """
    field = config.__dataclass_fields__[name]  # type: ignore[attr-defined]
    about, default = field.metadata, field.default
    is_shown = (
        show_default
        and not about["is_chosen"]
        and not any(default is none for none in (None, (), False))
    )
    shown = f"  [default: {_default(default)}]" if is_shown else ""
    return typer.Option(
        *(flags or (option(name),)),
        metavar=metavar or "|".join(about["choices"]) or None,
        autocompletion=one_of(about["choices"]) if about["choices"] else None,
        rich_help_panel=about["group"] or None,
        help=about["help"] + shown,
    )


def _default(value: Any) -> str:
    if value is True:
        return "on"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def one_of(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Completes these words in the shell."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


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
        autocompletion=model_names,
        help="A model's name or path. Default: $RNNGEN_MODEL, the default you set, or your newest "
        "model.",
    ),
]
NamedModel = Annotated[
    str | None,
    typer.Argument(autocompletion=model_names, help="A model's name or path."),
]
"""Where more arguments follow, so that it cannot be left out."""


def _names_to_manage(incomplete: str) -> list[str]:
    """For completion in the shell: runs without a model, too."""
    from rnngen import runs

    names = dict.fromkeys([*runs.models(), *runs.resumable()])
    return [name for name in names if name.startswith(incomplete)]


NamedRun = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", autocompletion=_names_to_manage, help="The name of a model or run."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")]


def resolve_model(name: str | None, *, quiet: bool = False) -> str:
    """The model to take: the one that is named, else the usual one.

    quiet: do not say which one that is.
    """
    from rnngen import runs

    if name:
        return name
    chosen = runs.choose_model()
    if not quiet:
        console.remark(f"using {chosen.name}, {chosen.reason}. Name one to choose another.")
    return chosen.name


def resolve_model_of(name: str | None, files: list[str] | None) -> tuple[str | None, list[str]]:
    """The model to take and the files to read: a lone argument that is a text names no model."""
    from rnngen.errors import CheckpointError
    from rnngen.runs import find_model, header

    if name is None or files or not (name == "-" or Path(name).exists()):
        return name, files or []
    with contextlib.suppress(CheckpointError):
        if header.looks_like_model(find_model(name)):
            return name, []
    return resolve_model(None), [name]


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to do what cannot be undone: --yes says so, or the person at the terminal.

    Raises ConfigError if there is neither.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(f"{question} Nobody is there to answer. Add --yes to do it.")
    print(f"{console.one_line(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    is_confirmed = sys.stdin.readline().strip().lower() in ("y", "yes")
    if not is_confirmed:
        console.note("nothing was deleted")
    return is_confirmed


def _run_names(incomplete: str) -> list[str]:
    """For completion in the shell."""
    from rnngen import runs

    return [name for name in runs.log_files() if name.startswith(incomplete)]


def _new_run_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """For completion in the shell: runs there are, where one of them is meant."""
    from rnngen import runs

    is_old = ctx.params.get("resume") or ctx.params.get("overwrite")
    return [name for name in runs.resumable() if is_old and name.startswith(incomplete)]


NewRunName = Annotated[
    str | None,
    typer.Option(
        "--name",
        autocompletion=_new_run_names,
        help="Name of the run. Default: the name of the first file.",
    ),
]
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


def check_layout(*, as_json: bool, null: bool) -> None:
    """Raises ConfigError for two ways to tell texts apart."""
    if as_json and null:
        raise ConfigError("--json ends each text with a newline, --null with a NUL. Choose one.")


def tell_written(path: Path) -> None:
    """Say that a file was written."""
    console.note(f"{path}: {count(path.stat().st_size, 'byte')}")


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
