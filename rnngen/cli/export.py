"""`rnngen export`: a model as one page or one ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options

EXAMPLES = """
\b
Examples:
  rnngen export haiku
  rnngen export haiku --title "Haiku for rainy days" -o rain.html
  rnngen export posts --to onnx -o posts-onnx
"""


def command(
    model: options.NamedModel = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="html|onnx",
            help="What to write: a page that runs the model in a browser, or a folder with an"
            " ONNX file.",
        ),
    ] = "html",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File to write a page to, or folder for ONNX. Default: MODEL.html or MODEL-onnx.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Name that readers see. Default: the model's name.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="int8|fp16|fp32",
            help="How a page stores weights. ONNX has fp32.  [default: int8]",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a model as an HTML page that runs it, or as ONNX.

    The page is one file, and works without a network. The folder of ONNX holds the tokenizer too.
    """
    from rnngen import api, runs
    from rnngen.errors import ConfigError
    from rnngen.export import FORMATS, usual_output

    if model is None:
        raise ConfigError("name a model to export.")
    if to not in FORMATS:
        raise ConfigError(f"--to must be one of {', '.join(FORMATS)}, got {to!r}.")
    file = runs.find_model(model)
    name = file.parent.name if file.name == runs.MODEL_FILE else file.stem
    target = output if output is not None else Path(usual_output(name, to))
    written = api.load(file).export(
        target,
        to=to,
        title=title or name,
        weights=weights,
        overwrite=overwrite,
    )
    if not quiet:
        for path in written:
            console.note(f"{path}: {path.stat().st_size:,} bytes")
