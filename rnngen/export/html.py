"""One HTML page that runs a model: nothing to install, nothing sent anywhere.

The page is put together from the files in page/: page.html with its style and scripts, then blocks
of data, which no browser executes:

    settings    JSON: the config, the tokenizer, where each tensor lies in the bytes
    numbers     the weights as `quantize.pack` stores them, each at a multiple of 4 bytes. SLICE
                bytes are a block, as base64 of the next part of one zlib stream: a browser can do
                other work between two blocks, and not within one.

A Content-Security-Policy in its head allows this one script and this one style, by their SHA-256,
and nothing else: no request, no form, no inline code.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import zlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import controls
from rnngen.errors import CheckpointError, ConfigError, FileError
from rnngen.export.weights import check_finite
from rnngen.files import replace_file
from rnngen.forms.compile import ENGLISH
from rnngen.forms.language.lexicon import Lexicon
from rnngen.model import quantize
from rnngen.tokenizers.subword import SubwordTokenizer
from rnngen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from rnngen.checkpoint import Model

ENGINE = (
    "numbers",
    "ngrams",
    "model",
    "tokenizer",
    "utf8",
    "sampling",
    "spelling",
    "writer",
    "haiku",
    "load",
)
"""Scripts that need no page around them, in the order in which they build on each other."""
ALIGNMENT = 4
MOST_BYTES = 2**28
"""Of weights; a phone holds no more."""
SLICE = 3 * 2**14
"""Bytes that a browser unpacks at once: a millisecond or two of work."""
NUMBERS = '<script type="text/plain" class="numbers">{}</script>'
PLAIN_WORD = re.compile("[a-z']+")
MOST_SYLLABLES = 7
"""Of a line of a haiku; a longer word fits none."""
TYPES = {"int8": "int8", "float16": "fp16", "float32": "fp32"}
# In JSON within a page: "</script>" would end it, and older browsers end a line at U+2028.
ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def write(model: Model, path: Path, *, title: str, storage: str, overwrite: bool) -> Path:
    """The page written to `path`. Raises as `export_model` does."""
    if storage not in quantize.STORAGES:
        choices = ", ".join(quantize.STORAGES)
        raise ConfigError(f"`weights` must be one of {choices}, got {storage!r}.")
    if path.is_dir():
        raise FileError(f"{path} is a folder; `output` must be a file for html.")
    if path.exists() and not overwrite:
        raise FileError(f"{path} exists. Replace it with `overwrite`, or name another `output`.")
    check_finite(model)
    content = page(model, title=title, storage=storage).encode("utf-8", "replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}.") from error
    replace_file(path, content)
    return path


def page(model: Model, *, title: str, storage: str) -> str:
    """The whole page as text. Raises CheckpointError for weights that do not fit."""
    numbers = _Numbers()
    settings = {
        "version": __version__,
        "config": model.config.to_dict(),
        "tensors": _tensors(model, storage, numbers),
        "tokenizer": _tokenizer(model, numbers),
        "start_id": model.start_id,
        "continuous": model.continuous,
        "haiku": _haiku(model),
        "facts": _facts(model),
    }
    if len(numbers.content) > MOST_BYTES:
        raise CheckpointError(
            f"the model takes {len(numbers.content):,} bytes, and a page holds {MOST_BYTES:,}."
            " Store smaller `weights`, or export it `to` onnx."
        )
    settings["size"] = len(numbers.content)  # bytes, to tell if the page was cut off
    style = _read("style.css")
    script = f'"use strict";\n{{\n{engine()}{_read("app.js")}}}\n'
    parts = {
        "policy": policy(style, script),
        "title": html.escape(controls.title(title)),
        "style": style,
        "script": script,
        "settings": json.dumps(settings, ensure_ascii=False).translate(ESCAPED),
        "numbers": "\n".join(map(NUMBERS.format, _slices(numbers.content))),
    }
    # Cut at the marks once, so that nothing put in is taken for a mark.
    text = ""
    for piece in _read("page.html").split("{{"):
        name, mark, rest = piece.rpartition("}}")
        text += parts[name] + rest if mark else piece
    return text


def engine() -> str:
    """The scripts that read and write text, without those of the page."""
    return "".join(_read(f"{name}.js") for name in ENGINE)


def policy(style: str, script: str) -> str:
    """What the page may load: the style and the script that are in it, nothing else."""
    allowed = {"style-src": style, "script-src": script}
    hashes = {
        name: base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        for name, content in allowed.items()
    }
    sources = "".join(f"; {name} 'sha256-{value}'" for name, value in hashes.items())
    return f"default-src 'none'{sources}; base-uri 'none'; form-action 'none'"


class _Numbers:
    """Arrays one after the other, each from a multiple of ALIGNMENT on."""

    def __init__(self) -> None:
        self.content = bytearray()

    def add(self, array: NDArray[Any]) -> int:
        """Where the array begins. Its bytes are little-endian, as all browsers read them."""
        self.content += b"\0" * (-len(self.content) % ALIGNMENT)
        start = len(self.content)
        self.content += np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        return start


def _slices(content: bytearray) -> Iterator[str]:
    """One zlib stream in base64, cut so that each part unpacks to SLICE bytes, the last to less."""
    stream = zlib.compressobj(zlib.Z_BEST_COMPRESSION)
    for start in range(0, len(content), SLICE):
        is_last = start + SLICE >= len(content)
        part = stream.compress(memoryview(content)[start : start + SLICE])
        part += stream.flush(zlib.Z_FINISH if is_last else zlib.Z_SYNC_FLUSH)
        yield base64.b64encode(part).decode()


def _tensors(model: Model, storage: str, numbers: _Numbers) -> dict[str, Any]:
    """Name -> type, shape and offset; for int8 the offset of the rows' scales, too."""
    packed = quantize.pack(model.weights, storage)
    entries = {}
    for name in model.weights:
        array = packed[name]
        entry = {"type": TYPES[array.dtype.name], "shape": array.shape}
        entries[name] = {**entry, "offset": numbers.add(array)}
        if quantize.SCALE + name in packed:
            entries[name]["scale"] = numbers.add(packed[quantize.SCALE + name])
    return entries


def _tokenizer(model: Model, numbers: _Numbers) -> dict[str, Any]:
    """kind, pieces, end_id, and the offsets of `seen` and of unigram's scores."""
    tokenizer = model.tokenizer
    kind, is_piece = tokenizer.kind, np.array([len(piece) > 1 for piece in tokenizer.pieces])
    entry: dict[str, Any] = {}
    if isinstance(tokenizer, SubwordTokenizer):
        kind, is_piece = tokenizer.model_type, tokenizer.is_piece
        if kind == "unigram":
            entry["scores"] = numbers.add(tokenizer.scores)
    pieces = [
        piece.decode() if learned else piece[0] if piece else None
        for piece, learned in zip(tokenizer.pieces, is_piece, strict=True)
    ]
    seen = numbers.add(tokenizer.seen.astype(np.uint8))
    return {"kind": kind, "pieces": pieces, "end_id": tokenizer.end_id, "seen": seen, **entry}


def _haiku(model: Model) -> dict[str, str] | None:
    """Words and the syllables of each, a digit a word; None if the model has no English words."""
    if not model.lexicon:
        return None
    lexicon = Lexicon.from_tensors(model.lexicon).recounted()
    if lexicon.english < ENGLISH or not lexicon.words:
        return None
    counted = [
        (word, str(syllables))
        for word, syllables, known in zip(
            lexicon.words, lexicon.syllables.tolist(), lexicon.known, strict=True
        )
        # A bare letter that the dictionary does not hold is an initial or a slip.
        if 1 <= syllables <= MOST_SYLLABLES and PLAIN_WORD.fullmatch(word) and (known or word[1:])
    ]
    return {"words": " ".join(w for w, _ in counted), "syllables": "".join(s for _, s in counted)}


def _facts(model: Model) -> dict[str, Any]:
    """What readers may want to know of the model."""
    corpus = model.facts.get("corpus")
    names = corpus.get("names") if isinstance(corpus, dict) else None
    return {
        "weights": sum(array.size for array in model.weights.values()),
        "names": [str(name) for name in names] if isinstance(names, list) else [],
    }


def _read(name: str) -> str:
    return files("rnngen.export").joinpath("page", name).read_text(encoding="utf-8")
