"""A model for people who do not have rnngen: one HTML page that runs it, or one ONNX file.

onnx_graph.py      the model as a graph of ONNX operators                        [onnx]
onnx_folder.py     that file, with tokenizer, settings and a README beside it
tokenizer_json.py  a tokenizer as the `tokenizers` package reads it
html.py            the page; its scripts and styles are the files in page/
weights.py         what every export refuses
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.checkpoint import Model

FORMATS = ("html", "onnx")


def usual_output(name: str, to: str) -> str:
    """What the export of the model called `name` is called if nothing else is asked for."""
    return f"{name}.html" if to == "html" else f"{name}-{to}"


def export_model(
    model: Model,
    output: Path,
    *,
    to: str,
    title: str,
    weights: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write `model` to `output` in the format `to`, one of FORMATS; returns the files written.

    output: a file for html, a folder for onnx; replaced in one move.
    title: what readers see as the model's name.
    weights: how the page stores them, one of quantize.STORAGES; None: int8.  ONNX has fp32 only.
    overwrite: replace an earlier export.
    Raises ConfigError for what cannot be asked, FileError for an output that exists or cannot be
    written, PackageError without the package onnx, CheckpointError for a model that does not fit.
    """
    if to not in FORMATS:
        raise ConfigError(f"`to` must be one of {', '.join(FORMATS)}, got {to!r}.")
    if to == "html":
        from rnngen.export import html

        storage = weights or "int8"
        return [html.write(model, output, title=title, storage=storage, overwrite=overwrite)]
    if weights not in (None, "fp32"):
        raise ConfigError(f"`weights` {weights} is for html only: ONNX stores fp32. Leave it out.")
    from rnngen.export import onnx_folder

    return onnx_folder.write(model, output, title=title, overwrite=overwrite)
