"""`rnngen shrink`: a model in a smaller file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.suggest import did_you_mean

EXAMPLES = """
\b
Examples:
  rnngen shrink haiku
  rnngen shrink haiku --weights fp16 --name haiku-half
  rnngen shrink haiku --name haiku-8 --overwrite --quiet
"""


def command(
    model: options.NamedModel = None,
    weights: Annotated[
        str,
        typer.Option(
            help="How to store weights: int8 (a quarter of the size), fp16 (half) or fp32."
        ),
    ] = "int8",
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the new model. Default: MODEL-WEIGHTS.")
    ] = None,
    output: options.Output = None,
    novelty: Annotated[
        bool, typer.Option("--novelty/--no-novelty", help="Keep the index for sample --novel.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing model.")
    ] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a model into a smaller file, to keep or to give away.

    You use it like any other model. To see what it costs, rnngen score both with a text.
    """
    import dataclasses

    from rnngen import checkpoint, runs
    from rnngen.errors import ConfigError
    from rnngen.model import quantize

    if model is None:
        raise ConfigError("name a model to shrink.")
    if weights not in quantize.STORAGES:
        raise ConfigError(
            f"--weights must be one of {', '.join(quantize.STORAGES)}, got {weights}."
            f"{did_you_mean(weights, quantize.STORAGES)}"
        )
    source = runs.find_model(model)
    loaded = dataclasses.replace(checkpoint.load_model(source), storage=weights)
    if not novelty:
        loaded = dataclasses.replace(loaded, novelty=None)
    folder = runs.folder_of(name, output, lambda: f"{Path(model).name}-{weights}")
    runs.check_free(folder, overwrite=overwrite)
    runs.make_ready(folder)
    target = folder / runs.MODEL_FILE
    checkpoint.save_model(target, loaded)
    if not quiet:
        before, after = source.stat().st_size, target.stat().st_size
        console.note(f"{target}: {after:,} bytes, {after / before:.0%} of {before:,}")
