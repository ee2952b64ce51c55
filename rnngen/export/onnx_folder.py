"""A folder with a model in ONNX and all that is needed to run it without rnngen.

model.onnx              the graph and its weights, one file
config.json             the shape of the model, and the token each text begins after
tokenizer.json          for the package `tokenizers`
generation_config.json  how rnngen draws by default, and which tokens it never draws
README.md               a loop that runs
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError, FileError
from rnngen.export import onnx_graph
from rnngen.export.tokenizer_json import tokenizer_json
from rnngen.export.weights import check_finite
from rnngen.files import replace_folder
from rnngen.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.checkpoint import Model

MODEL, README = "model.onnx", "README.md"
NAMES = (MODEL, "config.json", "tokenizer.json", "generation_config.json", README)


def write(model: Model, folder: Path, *, title: str, overwrite: bool) -> list[Path]:
    """The files written. Raises as `export_model` does."""
    _check_output(folder, overwrite=overwrite)
    check_finite(model)
    contents = {
        MODEL: onnx_graph.build(model.config, model.weights),
        "config.json": _json(_config(model)),
        "tokenizer.json": _json(tokenizer_json(model.tokenizer)),
        "generation_config.json": _json(_generation(model)),
        README: _readme(model, title).encode("utf-8", "replace"),
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with replace_folder(folder) as new:
            for name, content in contents.items():
                (new / name).write_bytes(content)
    except OSError as error:
        raise FileError(f"{folder}: cannot be written: {error.strerror}.") from error
    return [folder / name for name in contents]


def _check_output(folder: Path, *, overwrite: bool) -> None:
    """Raises ConfigError or FileError if something stands there that must not be replaced.

    A folder is replaced whole, so one with files that no export wrote never is.
    """
    if folder.name in ("", ".."):
        raise ConfigError(f"`output` {folder}: name a new folder, it is replaced as a whole.")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileError(f"{folder} is a file; `output` must be a folder for ONNX.")
    found = sorted(path.name for path in folder.iterdir())
    if other := [name for name in found if name not in NAMES]:
        raise FileError(f"{folder} holds other files, such as {other[0]}; name a new folder.")
    if found and not overwrite:
        raise FileError(f"{folder} exists. Replace it with `overwrite`, or name another `output`.")


def _config(model: Model) -> dict[str, Any]:
    config = model.config
    return {
        "model_type": "rnngen",
        "rnngen_version": __version__,
        **{key: value for key, value in config.to_dict().items() if key != "dropout"},
        "tokenizer": model.tokenizer.kind,
        "bos_token_id": model.start_id,
        "eos_token_id": None if model.continuous else model.tokenizer.end_id,
    }


def _generation(model: Model) -> dict[str, Any]:
    """Keys as Hugging Face's generation_config.json has them."""
    never = ~model.tokenizer.seen
    if model.continuous:
        never[model.tokenizer.end_id] = True
    defaults = SampleConfig()
    return {
        "bos_token_id": model.start_id,
        "eos_token_id": None if model.continuous else model.tokenizer.end_id,
        "do_sample": True,
        "temperature": defaults.temperature,
        "max_new_tokens": defaults.length,
        "suppress_tokens": np.flatnonzero(never).tolist(),
    }


def _readme(model: Model, title: str) -> str:
    config = model.config
    shape = f"{config.num_layers} x {config.hidden_size} {config.cell.upper()} units"
    name = " ".join(title.split())
    text = files("rnngen.export").joinpath("onnx_readme.md").read_text(encoding="utf-8")
    return text.replace("{shape}", shape).replace("{title}", name)


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
