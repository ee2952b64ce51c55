"""Options that several commands share, and help texts taken from the configs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.config import Config, SampleConfig, option
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.api import LanguageModel
    from rnngen.corpus import Corpus, CorpusShard
    from rnngen.dataset.cache import TextConfig
    from rnngen.forms.spec import FormSpec


def setting(config: type[Config], name: str, *flags: str) -> Any:
    """The option for one field of a config: its name and help are the field's."""
    default = config.__dataclass_fields__[name].default  # type: ignore[attr-defined]
    # What training is not given it chooses by itself, whatever the field's default.
    is_shown = config is SampleConfig and default not in (None, ())
    shown = f"  [default: {default:g}]" if is_shown else ""
    return typer.Option(*(flags or (option(name),)), help=config.help(name) + shown)


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="Text files (.gz, .xz, .bz2 and .zst too), folders of .txt files, globs, URLs, "
        "or - for stdin.",
    ),
]


def _model_names(incomplete: str) -> list[str]:
    """For completion in the shell, so it must stay fast."""
    from rnngen import runs

    return [name for name in runs.models() if name.startswith(incomplete)]


ModelName = Annotated[
    str | None,
    typer.Argument(
        envvar="RNNGEN_MODEL",
        autocompletion=_model_names,
        help="A model's name or path. Default: your newest model.",
    ),
]
NamedModel = Annotated[
    str | None,
    typer.Argument(autocompletion=_model_names, help="A model's name or path."),
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
        autocompletion=_model_names,
        help="Start from the weights and tokens of this model.",
    ),
]


def _form_names(incomplete: str) -> list[str]:
    """For completion in the shell."""
    from rnngen.forms import spec

    return [name for name in spec.builtin_names() if name.startswith(incomplete)]


Form = Annotated[
    str | None,
    typer.Option(
        "--form",
        metavar="NAME",
        autocompletion=_form_names,
        help="A form that each text must have, such as haiku. rnngen forms lists them.",
    ),
]
NamedForm = Annotated[
    str | None,
    typer.Argument(autocompletion=_form_names, help="A form's name. Default: list all forms."),
]
FormFile = Annotated[
    Path | None,
    typer.Option("--form-file", help="A form of your own, a file as rnngen forms haiku prints it."),
]
Acrostic = Annotated[
    str | None,
    typer.Option("--acrostic", metavar="WORD", help="Begin the lines with the letters of WORD."),
]
Documents = Annotated[
    str | None,
    typer.Option(
        help="What separates documents: auto, line, paragraph (a blank line), section (two), "
        "file, or none (one continuous text).",
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the files. Default: UTF-8.")]
Column = Annotated[
    str | None,
    typer.Option(
        help="Column of a table that holds the text: its name, or its number from 1 if there is no"
        " header.",
    ),
]
Errors = Annotated[
    str | None,
    typer.Option(
        metavar="strict|replace|skip",
        help="Bytes that are not in the encoding: refuse them, replace them by U+FFFD, or skip"
        " them. Default: strict.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="text|csv|tsv|jsonl|json",
        help="Format of all files. Default: by the ending of each file.",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        metavar="CHAR",
        help="Character between the fields of a table. Default: detected from the table.",
    ),
]
Quoting = Annotated[
    str | None,
    typer.Option(
        metavar="auto|none|csv",
        help="Quotation marks in .csv and .tsv files: none reads them as text, csv as quoting,"
        " auto looks. Default: auto.",
    ),
]
StrictRows = Annotated[
    bool | None, typer.Option("--strict", help="Refuse a table with a row that has no text.")
]
TokenizerKind = Annotated[
    str | None,
    typer.Option("--tokenizer", help="Kind of tokens: char, byte or subword. Default: char."),
]
VocabSize = Annotated[int | None, typer.Option(help="Number of subword tokens.")]
Subwords = Annotated[
    str | None,
    typer.Option("--subwords", help="How to find subwords: bpe or unigram. Default: bpe."),
]
MinCount = Annotated[
    int | None, typer.Option(help="Write characters rarer than this as bytes. Default: 2.")
]
Novelty = Annotated[
    bool | None,
    typer.Option(
        "--novelty/--no-novelty",
        help="Keep an index of the text for sample --novel. Default: yes, up to 2 MB.",
    ),
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

READING = ("encoding", "column", "errors", "format", "delimiter", "quoting", "strict")
"""The settings that say how files are read."""
TEXT = (
    "valid",
    "documents",
    *READING,
    "tokenizer",
    "vocab_size",
    "subwords",
    "min_count",
    "novelty",
)
"""The settings that say what to read; the others say how to train on it."""


def form(name: str | None, file: Path | str | None, word: str | None) -> FormSpec | None:
    """The form that --form, --form-file and --acrostic ask for, if any. Raises ConfigError."""
    from rnngen.forms import spec

    if name is not None and file is not None:
        raise ConfigError("--form and --form-file exclude each other. Leave one of them out.")
    if name is None and file is None:
        if word is None:
            return None
        name = "acrostic"
    if name == "acrostic" and word is None:
        raise ConfigError("--form acrostic needs the word its lines spell: --acrostic WORD.")
    asked = spec.load(name) if name is not None else spec.read(Path(file or ""))
    return asked if word is None else asked.with_acrostic(word)


def reading(params: dict[str, Any]) -> dict[str, Any]:
    """What the options say of how files are read."""
    return {name: params[name] for name in READING if params[name] is not None}


def tell_corpus(corpus: Corpus, part: CorpusShard | None = None) -> None:
    """Say how files were read, and what was left out of them, or of a part."""
    for line in (*corpus.notes, *(part or corpus).remarks()):
        console.remark(line)


def text(files: list[str], given: dict[str, Any]) -> TextConfig:
    """What the options say to read."""
    from rnngen.dataset.cache import TextConfig

    return TextConfig(files, **{name: given[name] for name in TEXT if name in given})


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
