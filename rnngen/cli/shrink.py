"""`rnngen shrink`: a model in a smaller file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnngen import console
from rnngen.cli import options
from rnngen.errors import CheckpointError, ConfigError
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from rnngen.checkpoint import Model

EXAMPLES = """
\b
Examples:
  rnngen shrink my-haiku
  rnngen shrink my-haiku --weights fp16 --name half
  rnngen shrink my-haiku --name small --overwrite --quiet
"""
BITS = {"int8": 8, "fp16": 16, "fp32": 32}
"""How to store weights, the smallest first."""


def command(
    model: options.NamedModel = None,
    weights: Annotated[
        str,
        typer.Option(
            metavar="|".join(BITS),
            autocompletion=options.one_of(tuple(BITS)),
            help="How to store weights: int8 (a quarter of the size), fp16 (half) or fp32.",
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
    from rnngen import checkpoint, runs

    if model is None:
        raise ConfigError("name a model to shrink.")
    if weights not in BITS:
        raise ConfigError(
            f"--weights must be one of {', '.join(BITS)}, got {weights}."
            f"{did_you_mean(weights, tuple(BITS))}"
        )
    source = runs.find_model(model)
    folder = runs.folder_of(name, output, lambda: f"{Path(model).name}-{weights}")
    runs.check_free(folder, overwrite=overwrite, can_resume=False)
    before = source.stat().st_size
    loaded = _smaller(source, checkpoint.load_model(source), weights, keeps_novelty=novelty)
    with runs.owned(folder):
        target = folder / runs.MODEL_FILE
        checkpoint.save_model(target, loaded)
        runs.complete(folder)
    if not quiet:
        after = target.stat().st_size
        console.note(f"{target}: {after:,} bytes, {after / before:.0%} of {before:,}")


def _smaller(source: Path, model: Model, weights: str, *, keeps_novelty: bool) -> Model:
    """The model as it is to be stored. Raises CheckpointError if that would make it no smaller."""
    import dataclasses

    drops_novelty = not keeps_novelty and model.novelty is not None
    if BITS[weights] >= BITS.get(model.storage, 32) and not drops_novelty:
        smaller = [name for name, bits in BITS.items() if bits < BITS.get(model.storage, 32)]
        hint = f" --weights {smaller[0]} is smaller." if smaller else " It cannot be smaller."
        raise CheckpointError(
            f"{source}: its weights are {model.storage} already, so {weights} makes it no"
            f" smaller.{hint}"
        )
    if BITS[weights] > BITS.get(model.storage, 32):
        weights = model.storage
    kept = model.novelty if keeps_novelty else None
    return dataclasses.replace(model, storage=weights, novelty=kept)
