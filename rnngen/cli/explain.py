"""`rnngen explain`: what a model does with a text, token by token."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.analysis.explain import Explanation
    from rnngen.api import LanguageModel

EXAMPLES = """
\b
Examples:
  rnngen explain haiku "an old pond at night"
  rnngen explain haiku "an old pond" --on poem.txt --json > pond.json
  rnngen explain haiku "an old pond" --html pond.html --overwrite
"""
LEAST_WIDTH = 40
LONGEST_TOKEN = 20
"""Characters: a text of so many for each token that is measured is long enough."""


def command(
    name: options.NamedModel = None,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The text to explain, or - for stdin.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Label of the text, for a model with labels. Default: the likeliest."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Measure units on this text. Default: the explained text itself."
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="Show so many alternatives at each place.")] = 3,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page to look at in a browser.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw into a .png, .svg or .pdf file. Needs matplotlib."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with all arrays.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what a model does with a text: surprise, connectivity, gates, memory.

    The text is read as one document, from an empty state.
    """
    if not name or text is None:
        raise ConfigError('name a model, then a text: rnngen explain NAME "TEXT", or - for stdin.')
    from rnngen import api, files

    for path in (html, plot):
        files.check_new(path, overwrite=overwrite)
    if plot:
        from rnngen.plotting import figure

        figure.check_can_save(plot, "plot")
    model = api.load(name)
    text = sys.stdin.read() if text == "-" else text
    found = model.explain(text, label=label, on=_documents(model, on), top=top)
    _write(found, name, html, plot)
    _print(found, as_json=as_json, is_written=bool(html or plot))
    if not quiet:
        for path in filter(None, (html, plot)):
            options.tell_written(path)
        options.tell_unseen(found.unseen, "the text")


def _documents(model: LanguageModel, file: str | None) -> list[str] | None:
    """The texts of the file that --on names, as many as are measured."""
    if file is None:
        return None
    from rnngen.analysis.units import MOST_TOKENS
    from rnngen.cli.score import open_corpus_for

    found: list[str] = []
    characters = 0
    for text, _ in open_corpus_for(model, [file]).pieces():
        found.append(text)
        characters += len(text)
        if characters > LONGEST_TOKEN * MOST_TOKENS:
            break
    return found


def _write(found: Explanation, name: str, html: Path | None, plot: Path | None) -> None:
    if html:
        from rnngen.analysis.page import page
        from rnngen.files import replace_file

        replace_file(html, page(found, name).encode())
    if plot:
        from rnngen.analysis import pictures
        from rnngen.plotting import figure

        figure.save_figure(lambda: pictures.explanation(found), plot, "plot")


def _print(found: Explanation, *, as_json: bool, is_written: bool) -> None:
    if as_json:
        from rnngen.analysis.explain import to_dict

        typer.echo(console.to_json(to_dict(found)))
    elif not is_written:
        from rnngen.console.explanation import lines

        width = max(LEAST_WIDTH, shutil.get_terminal_size().columns)
        for line in lines(found, width):
            typer.echo(line.rstrip())
