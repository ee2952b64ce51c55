"""What a file of rnngen holds, and whether it is whole, part by part. Nothing is computed with it.

A file may be anybody's, and each part of it wrong in its own way. So each is looked at by itself,
and what is wrong with one is said of that one; a model is whole only if it can also be loaded.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import checkpoint, runs, tensor_file, tokenizers
from rnngen.config import ModelConfig, TrainConfig
from rnngen.counts import count
from rnngen.errors import CheckpointError, DamagedError, RnngenError
from rnngen.forms.language.lexicon import Lexicon
from rnngen.model.shapes import parameter_count
from rnngen.novelty import SpanIndex
from rnngen.training.progress import MOMENTS, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from rnngen.tensor_file import Header

    Tensors = dict[str, NDArray[Any]]

WRONG = (RnngenError, KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What reading a part of a file may raise."""
KNOWN = ("model.", "tokenizer.", "lexicon.", "novelty.bits")
KNOWN_OF_STATES = ("model.", "tokenizer.", "updates", "state.", *(f"{each}." for each in MOMENTS))
MOST_NAMED = 3
NO_FILE = "damaged or not a checkpoint: "


@dataclass(frozen=True)
class Finding:
    """What was found of one part of a file."""

    part: str
    text: str
    is_right: bool = True


@dataclass(frozen=True)
class Report:
    """What was found of one file."""

    path: Path
    kind: str
    """model, training or log; "" if that cannot be told."""
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        return all(each.is_right for each in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that `rnngen check-model` prints; docs/scripting.md explains the keys."""
        return {
            "path": str(self.path),
            "kind": self.kind or None,
            "whole": self.is_whole,
            "findings": [
                {"part": each.part, "right": each.is_right, "text": each.text}
                for each in self.findings
            ],
        }


def inspect(name: str) -> list[Report]:
    """What is found of a model or state file, a log, or all files of the run that `name` names.

    Raises CheckpointError if there is no such thing, or a file is not one of rnngen's, or newer.
    """
    return [inspect_file(file) for file in runs.run_files(name)]


def inspect_file(path: Path) -> Report:
    """What is found of one file. Raises CheckpointError as `inspect` does."""
    if path.suffix == ".jsonl":
        return Report(path, "log", (_of("events", _events, path),))
    try:
        header = tensor_file.read_header(path, None)
    except DamagedError as error:
        return Report(path, "", (Finding("header", _reason(path, error), is_right=False),))
    if header.kind not in PARTS:
        raise CheckpointError(f"{path}: holds a {header.kind}, not a model or a run's state.")
    findings = [_of("header", _header, header), *_content(header)]
    if header.kind == "model" and all(each.is_right for each in findings):
        findings.append(_of("loading", _loading, path))
    return Report(path, header.kind, tuple(findings))


def _content(header: Header) -> list[Finding]:
    """The parts of a file whose header can be read."""
    held: Tensors = {}
    digest = _of("digest", _digest, header, held)
    return [
        digest,
        *(
            _of(part, look, header, held)
            for part, look in PARTS[header.kind].items()
            if digest.is_right or look in WITHOUT_TENSORS
        ),
    ]


def _of(part: str, look: Callable[..., str], *content: Any) -> Finding:
    """What `look` says of a part, or what is wrong with it.  content: begins with the file."""
    try:
        return Finding(part, look(*content))
    except WRONG as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        path = getattr(content[0], "path", content[0])
        return Finding(part, _reason(path, reason), is_right=False)


def _reason(path: Path, error: object) -> str:
    """A message about a file without the name of that."""
    return (
        str(error)
        .removeprefix(f"{path}: ")
        .removeprefix("damaged: ")
        .removeprefix(NO_FILE)
        .rstrip(".")
    )


def _header(header: Header) -> str:
    version = header.facts.get("version")
    by = f" written by rnngen {version}" if isinstance(version, str) else ""
    size = header.path.stat().st_size
    return (
        f"format {tensor_file.FORMAT_VERSION}, {size:,} bytes in {len(header.entries):,} tensors"
        f"{by and ','}{by}"
    )


def _digest(header: Header, held: Tensors) -> str:
    held |= header.read_tensors()
    return "the content is that which was written"


def _loading(path: Path) -> str:
    checkpoint.load_model(path)
    return "the model can be used"


def _config(header: Header) -> ModelConfig:
    values = header.facts["model"]
    if not isinstance(values, dict):
        raise TypeError(f"its settings are {type(values).__name__}, not an object")
    return ModelConfig.from_dict(values)


def _model(header: Header, _: Tensors) -> str:
    config = _config(header)
    checkpoint.check_shapes(header.path, config, header.entries)
    return (
        f"{config.cell}, {config.num_layers} x {config.hidden_size}, "
        f"{count(config.vocab_size, 'token')}, "
        f"{parameter_count(config):,} weights of the shapes that belong to it"
    )


def _weights(header: Header, held: Tensors) -> str:
    weights = {name: array for name, array in held.items() if name.startswith("model.")}
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ValueError(f"tensor {name} has numbers that are not finite")
    storage = header.facts.get("storage", "fp32")
    return f"{storage}, {sum(array.nbytes for array in weights.values()):,} bytes, all finite"


def _tokenizer(header: Header, held: Tensors) -> str:
    found = tokenizers.load(header.facts["tokenizer"], checkpoint.strip_prefix("tokenizer.", held))
    checkpoint.check_vocabulary(header.path, _config(header), found)
    labels = f", {len(found.labels)} of them labels" if found.labels else ""
    return f"{found.kind}, {count(found.vocab_size, 'token')}{labels}"


def _words(_: Header, held: Tensors) -> str:
    if not any(name.startswith("lexicon.") for name in held):
        return "none, so it writes no forms"
    found = Lexicon.from_tensors(held)
    if not found.words:
        return "no words of the text; forms use the dictionary's"
    return f"{len(found.words):,} words of the text, for forms"


def _novelty(header: Header, held: Tensors) -> str:
    if (settings := header.facts.get("novelty")) is None:
        return "no index of the text"
    index = SpanIndex(bits=held["novelty.bits"], **settings)
    return f"an index of the text's spans of {index.span} characters, {len(index.bits):,} bytes"


def _facts(header: Header, _: Tensors) -> str:
    checkpoint.check_facts(header.facts)
    metrics = header.facts.get("metrics", {}).get("best_valid_bits_per_byte")
    measured = "" if metrics is None else f"{metrics:.4g} bits per byte of held-out text"
    return measured or "no loss on held-out text"


def _others(header: Header, _: Tensors) -> str:
    known = KNOWN if header.kind == "model" else KNOWN_OF_STATES
    unknown = [name for name in header.entries if not name.startswith(known)]
    if not unknown:
        return "none"
    size = sum(header.entries[name].stop - header.entries[name].start for name in unknown)
    named = ", ".join(sorted(unknown)[:MOST_NAMED])
    return f"{len(unknown):,} tensors that rnngen does not use, {size:,} bytes: {named}"


def _settings(header: Header, _: Tensors) -> str:
    config = TrainConfig.from_dict(header.facts["config"])
    return f"batches of {config.batch_size} x {config.seq_len} tokens, seed {config.seed}"


def _progress(header: Header, _: Tensors) -> str:
    found = Progress.from_json(header.facts["progress"])
    end = "" if found.total_steps is None else f" of {found.total_steps:,}"
    return f"at step {found.step:,}{end}, {found.stopped or 'not finished'}"


def _moments(header: Header, held: Tensors) -> str:
    """Every weight's moments, and the state of each row, of the shapes that belong to the run."""
    updates = held["updates"]
    if updates.shape != (1,) or updates.dtype != np.int64:
        raise ValueError(f"updates is {updates.dtype} {updates.shape}")
    if not updates[0]:
        return "none yet: no step was made"
    weights = {name: array for name, array in held.items() if name.startswith("model.")}
    wanted = {
        f"{each}.{name.removeprefix('model.')}": array.shape
        for name, array in weights.items()
        for each in MOMENTS
    }
    config, rows = _config(header), TrainConfig.from_dict(header.facts["config"]).batch_size
    carried = (config.num_layers, rows, config.hidden_size)
    wanted |= {f"state.{part}": carried for part in range(2 if config.cell == "lstm" else 1)}
    for name, shape in wanted.items():
        if held[name].shape != shape or held[name].dtype != np.float32:
            found = f"{held[name].dtype} {held[name].shape}"
            raise ValueError(f"tensor {name} should be float32 {shape}, it is {found}")
    return f"those of every weight, and the state of {rows} streams"


def _text(header: Header, _: Tensors) -> str:
    corpus = header.facts["source"]["corpus"]
    files = corpus["description"]["files"]
    if not isinstance(corpus["digest"], str) or not all(isinstance(file, str) for file in files):
        raise TypeError("its files and digest are no texts")
    more = f" and {len(files) - MOST_NAMED:,} more" if len(files) > MOST_NAMED else ""
    return f"{', '.join(files[:MOST_NAMED])}{more}"


def _events(path: Path) -> str:
    """How many events a log has, and which was the last. A last line may be cut off by a kill."""
    count, last = 0, "none"
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        event = _event(line)
        if event is None:
            raise ValueError(f"line {number:,} is no event")
        count, last = count + 1, f"{event['event']} at step {event['step']:,}"
    cut = ", and one that was cut off" if lines[-1] else ""
    return f"{count:,} events{cut}; the last is {last}"


def _event(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(found, dict) and isinstance(found.get("event"), str)
    step = found.get("step") if is_one else None
    return found if isinstance(step, int) and math.isfinite(step) else None


PARTS: dict[str, dict[str, Callable[[Header, Tensors], str]]] = {
    "model": {
        "model": _model,
        "weights": _weights,
        "tokenizer": _tokenizer,
        "facts": _facts,
        "words": _words,
        "novelty": _novelty,
        "others": _others,
    },
    "training": {
        "model": _model,
        "settings": _settings,
        "progress": _progress,
        "weights": _weights,
        "moments": _moments,
        "tokenizer": _tokenizer,
        "text": _text,
        "others": _others,
    },
}
"""Kind of a file -> its parts, in the order they are told of."""
WITHOUT_TENSORS = (_model, _facts, _settings, _progress, _text, _others)
