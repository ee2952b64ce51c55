"""Models as people read them: a table of all, and one in ten lines."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.console import one_line, table
from rnngen.counts import count

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = ("", "name", "cell", "tokens", "bits/byte", "size", "written", "folder")
TO_THE_RIGHT = ("bits/byte", "size")
DEFAULT_MARK = "*"
LEAST_NAME = 12
LARGEST = 10**15
"""No count in a model is as large; one that is, is not shown."""
LEAST_FILE = 17
"""Columns of a name and of the last field, however narrow the terminal."""


def model_table(models: Sequence[dict[str, Any]], *, default: str | None, width: int) -> list[str]:
    """The lines of a table of models, no wider than `width` where it can be.

    models: as `rnngen models --json` prints them, and `seconds`, when each was written, and
    `is_shipped`.
    default: the name that gets a mark.
    """
    rows = [HEAD, *(_row(facts, default) for facts in models)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    others = sum(widths[:1] + widths[2:-1]) + 2 * (len(HEAD) - 2) + 1  # one blank behind the mark
    widths[1] = min(widths[1], max(LEAST_NAME, width - others - LEAST_FILE))
    room = max(LEAST_FILE, width - others - widths[1])
    is_path = [False, *(not facts["is_shipped"] and "broken" not in facts for facts in models)]
    fitting = [
        (*row[:-1], clipped(row[-1], room, keep_end=keep_end))
        for row, keep_end in zip(rows, is_path, strict=True)
    ]
    return [_aligned(row, widths) for row in fitting]


def _row(facts: dict[str, Any], default: str | None) -> tuple[str, ...]:
    bits = facts["bits_per_byte"]
    return (
        DEFAULT_MARK if facts["name"] == default else "",
        one_line(facts["name"]),
        one_line(facts["cell"] or "-"),
        one_line(facts["tokenizer"] or "-"),
        "-" if bits is None else f"{bits:.3f}",
        human_size(facts["bytes"]),
        human_date(facts["seconds"]),
        one_line(_place(facts)),
    )


def _place(facts: dict[str, Any]) -> str:
    """Where a model is, or what is wrong with it."""
    if facts["is_shipped"]:
        return facts.get("broken") or "comes with rnngen"
    return facts.get("broken") or short_path(str(Path(facts["path"]).parent))


def _aligned(row: tuple[str, ...], widths: Sequence[int]) -> str:
    fields = [
        f"{field:>{width}}" if name in TO_THE_RIGHT else f"{clipped(field, width):<{width}}"
        for field, width, name in zip(row[1:-1], widths[1:-1], HEAD[1:-1], strict=True)
    ]
    line = "  ".join([*fields, row[-1]])
    return f"{row[0]:<{widths[0]}} {line}".rstrip() if widths[0] else line.rstrip()


def clipped(text: str, room: int, *, keep_end: bool = False) -> str:
    """`text` in at most `room` characters, with an ellipsis for what is left out."""
    if len(text) <= room:
        return text
    return "\u2026" + text[1 - room :] if keep_end else text[: room - 1] + "\u2026"


def human_size(size: int) -> str:
    """Bytes in the unit that fits.

    >>> human_size(8_123_456)
    '8.1 MB'
    """
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"


def human_date(seconds: float, now: float | None = None) -> str:
    """When that was: the time for today, the date for another day.

    seconds, now: since 1970, as `time.time` gives them.
    """
    then, today = time.localtime(seconds), time.localtime(now)
    if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday):
        return f"today {time.strftime('%H:%M', then)}"
    return time.strftime("%Y-%m-%d", then)


def short_path(path: str) -> str:
    """A path from here if it is below this folder, else with ~ for the home folder."""
    full = Path(path).absolute()
    for folder, sign in ((Path.cwd(), ""), (Path.home(), "~")):
        if full.is_relative_to(folder):
            return os.path.join(sign, full.relative_to(folder))  # noqa: PTH118  # keeps "~"
    return str(full)


CARRIED = {
    "words": "its words",
    "spans": "an index of its spans",
    "subwords": "subwords made of it",
    "labels": "its labels",
    "names": "names of files",
}
"""What `checkpoint.carried_text` names, in words."""


def model_summary(facts: dict[str, Any]) -> list[str]:
    """A model in about ten lines.  facts: as `rnngen info --json` prints them."""
    corpus, training = facts["corpus"], facts["training"]
    rows = {
        "model": _shape(facts),
        "file": f"{short_path(facts['path'])}, {human_size(facts['bytes'])}",
        "written": _joined(_moment(facts["created"]), _word(facts["version"], "by rnngen ")),
        "text": _text(corpus),
        "tokens": f"{facts['tokenizer']}, {facts['vocab_size']:,} of them",
        "trained": _training(training),
        "from": _word(facts["init_from"]),
        "held out": _held_out(facts, corpus),
        "forms": _forms(facts["words"]),
        "novelty": _novelty(facts["novelty"]),
        "carries": _carried(facts["carries"]),
    }
    shown = {"name": facts["name"], **{key: text for key, text in rows.items() if text}}
    width = max(map(len, shown))
    return [f"{key:<{width}}  {one_line(text)}" for key, text in shown.items()]


def _shape(facts: dict[str, Any]) -> str:
    layers = count(facts["num_layers"], "layer")
    return (
        f"{facts['cell'].upper()}, {layers} of {facts['hidden_size']} units, "
        f"{facts['parameters']:,} weights in {facts['storage']}"
    )


def _text(corpus: dict[str, Any]) -> str:
    names = corpus.get("names")
    listed = clipped(", ".join(map(str, names)), 60) if isinstance(names, list) else ""
    size = human_size(int(corpus["bytes"])) if _number(corpus.get("bytes")) else ""
    is_stream = corpus.get("documents") == "none"
    documents = _counted(corpus.get("num_documents"), "document")
    return _joined(listed, size, "one continuous text" if is_stream else documents)


def _training(training: dict[str, Any]) -> str:
    seconds: Any = training.get("seconds")
    return _joined(
        _counted(training.get("step"), "step"),
        _counted(training.get("epochs_seen"), "time", " over the text"),
        f"{seconds / 60:,.1f} minutes" if _number(seconds) else "",
        _number(training.get("seed"), before="seed "),
    )


def _held_out(facts: dict[str, Any], corpus: dict[str, Any]) -> str:
    bits = facts["best_valid_bits_per_byte"]
    if not _number(bits):
        return "not measured"
    of = _counted(corpus.get("held_out_tokens"), "token", before="on ")
    return _joined(f"{bits:.4f} bits per byte", of)


def _forms(words: Any) -> str:
    if words == 0:
        return "written with the dictionary's words"
    return _counted(words, "word", " to write them with") or "no list of words"


def _carried(parts: list[str]) -> str:
    """What of its text a model file gives away to whoever has it."""
    if not parts:
        return "nothing of the text but what the weights have learned"
    return f"of the text: {', '.join(CARRIED[part] for part in parts)}"


def _novelty(index: dict[str, Any] | None) -> str:
    if index is None:
        return "no index of the text"
    return f"an index of the text for --novel, {human_size(int(index['bytes']))}"


def _number(value: Any, after: str = "", *, before: str = "") -> str:
    """A number between two texts; empty for what is none: a file may say anything."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) < LARGEST:  # also for NaN
        return ""
    return f"{before}{value:,}{after}" if isinstance(value, int) else f"{before}{value:,.4g}{after}"


def _counted(value: Any, one: str, after: str = "", *, before: str = "") -> str:
    """`_number` of things, one or several."""
    return _number(value, f" {one if value == 1 else one + 's'}{after}", before=before)


def _moment(created: Any) -> str:
    """`2026-11-28T07:50:05Z` as people write it."""
    text = _word(created)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        return f"{text[:10]} {text[11:16]} UTC"
    return text


def _word(value: Any, before: str = "") -> str:
    return f"{before}{clipped(value, 60)}" if isinstance(value, str) and value else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def fact_lines(facts: dict[str, Any]) -> list[str]:
    """All facts of a model, a key a line."""
    escaped: dict[str, Any] = _escaped(facts)
    return table(escaped).split("\n")


def _escaped(value: Any) -> Any:
    """The same, its strings fit for a line: a file may hold anything."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {one_line(key): _escaped(inner) for key, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list) else value
