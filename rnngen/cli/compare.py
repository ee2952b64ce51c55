"""`rnngen compare`: LSTM and GRU, or other settings, on one text under one budget."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnngen import console
from rnngen.cli import options, text_options
from rnngen.cli.options import setting
from rnngen.config import ModelConfig, TrainConfig, read_toml
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.analysis.compare import Comparison

INTERRUPTED = 130
OF_ALL = ("num_layers", "documents", "column", "tokenizer", "valid", "valid_fraction")
"""Settings that all runs share."""
LEAST_WIDTH = 40
"""Of prose, in characters."""
EXAMPLES = """
\b
Examples:
  rnngen compare corpora/posts.txt --steps 500
  rnngen compare poems/ --name poems-cells --parameters 200000 --steps 500
  rnngen compare --resume --name poems-cells
"""


def command(
    ctx: typer.Context,
    files: options.Files = None,
    name: Annotated[
        str | None,
        typer.Option(help="Name of the comparison. Default: the first file's name and -compare."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a comparison that stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing comparison or files.")
    ] = False,
    cells: Annotated[str, typer.Option(help="Cells to compare.")] = "lstm,gru",
    sizes: Annotated[
        str | None,
        typer.Option(
            help="Units of each layer to compare. Default: one size, chosen from the text."
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SETTING=A,B",
            help="Another setting of training to compare, as seq_len=16,64. Repeatable.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Train each setting with so many seeds.")] = 3,
    minutes: Annotated[float | None, setting(TrainConfig, "minutes", "--minutes", "-m")] = None,
    steps: Annotated[int | None, setting(TrainConfig, "steps")] = None,
    parameters: Annotated[
        int | None,
        typer.Option(
            help="Choose sizes so that each model has about this many parameters. Needs --steps "
            "or --minutes, too."
        ),
    ] = None,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Also measure how far back each cell holds a symbol."),
    ] = False,
    num_layers: Annotated[int | None, setting(ModelConfig, "num_layers")] = None,
    documents: text_options.Documents = None,
    column: text_options.Column = None,
    tokenizer: text_options.TokenizerKind = None,
    valid: text_options.Valid = None,
    valid_fraction: Annotated[float | None, setting(TrainConfig, "valid_fraction")] = None,
    config: options.ConfigFile = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw into a .png, .svg or .pdf file. Needs matplotlib."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result as Markdown.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Train LSTM and GRU, or other settings, under one budget and say which is better.

    Every setting is trained with several seeds, for the same --steps or --minutes. The runs stand
    under checkpoints/NAME. Ctrl-C stops, --resume continues.
    """
    from rnngen import api
    from rnngen import files as disk
    from rnngen.cli.train import stop_signals
    from rnngen.console import comparison as view
    from rnngen.plotting import figure

    for path in (plot, report):
        disk.check_new(path, overwrite=overwrite)
    if plot:
        figure.check_can_save(plot, "plot")
    with stop_signals() as should_stop:
        found = api.compare(
            *(files or ()),
            name=name,
            cells=_words("--cells", cells),
            sizes=None
            if sizes is None
            else [_number("--sizes", w) for w in _words("--sizes", sizes)],
            vary=dict(_varied(each) for each in vary or ()),
            seeds=seeds,
            minutes=minutes,
            steps=steps,
            parameters=parameters,
            probe=probe,
            resume=resume,
            overwrite=overwrite,
            observers=[] if quiet else [view.ComparisonView()],
            should_stop=should_stop,
            note=None if quiet else console.translated_note,
            **_settings(ctx.params, config, OF_ALL),
        )
    if not found.comparison.is_complete:
        console.note(f"stopped. Continue with: rnngen compare --resume --name {found.name}")
        raise typer.Exit(INTERRUPTED)
    _write(found.comparison, found.name, plot, report)
    for path in () if quiet else filter(None, (report, plot)):
        options.tell_written(path)
    if as_json:
        typer.echo(console.to_json(found.to_dict()))
    elif not (plot or report):
        width = max(LEAST_WIDTH, shutil.get_terminal_size().columns)
        for line in view.lines(found.comparison, width):
            typer.echo(line)


def _settings(
    params: dict[str, Any], config: Path | None, names: tuple[str, ...]
) -> dict[str, Any]:
    """What the user fixed for all runs: the TOML file's settings, and over them the options'."""
    from_file = read_toml(config) if config else {}
    return from_file | {name: params[name] for name in names if params[name] is not None}


def _words(option: str, text: str) -> list[str]:
    """Words between commas. Raises ConfigError if one is empty."""
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ConfigError(f"{option} must be values with commas between, got {text!r}.")
    return words


def _number(option: str, word: str) -> int:
    try:
        return int(word)
    except ValueError as error:
        raise ConfigError(f"{option} must be whole numbers, got {word!r}.") from error


def _varied(text: str) -> tuple[str, list[Any]]:
    """`seq_len=16,64` as the name and its values, read as TOML reads them, else as words."""
    import tomllib

    name, equals, values = text.partition("=")
    if not equals:
        raise ConfigError(f"--vary must be SETTING=A,B, like seq_len=16,64, got {text!r}.")
    words = _words("--vary", values)
    try:
        found = tomllib.loads(f"values = [{','.join(words)}]")["values"]
    except tomllib.TOMLDecodeError:
        found = words
    return name.strip().removeprefix("--").replace("-", "_"), found


def _write(comparison: Comparison, name: str, plot: Path | None, report: Path | None) -> None:
    from rnngen.analysis.report import markdown
    from rnngen.files import replace_file

    if report:
        replace_file(report, markdown(comparison, name).encode())
    if plot:
        from rnngen.analysis import pictures
        from rnngen.plotting import figure

        figure.save_figure(lambda: pictures.comparison(comparison), plot, "plot")
