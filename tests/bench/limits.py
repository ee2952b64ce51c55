"""Whether `train` names what limited a run: `python -m tests.bench.limits [CASE ...]`.

Twenty runs, each with one thing plainly wrong: too little text, too little time, a model too small,
too much dropout, or a text that teaches nothing. Prints what was said of each, and how many times
it was right.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import rnngen
from rnngen.training.events import Limited

CORPORA = Path(__file__).resolve().parents[2] / "corpora"
Case = tuple[str, str, dict[str, Any]]
"""What is short, the text, the settings."""


def cases() -> list[Case]:
    short = {"hidden_size": 128, "num_layers": 1, "ngrams": 1, "dropout": 0.0, "threads": 1}
    quick = {**short, "steps": 60}
    tiny = {**short, "hidden_size": 8, "embedding_dim": 8, "steps": 1500}
    damped = {**short, "dropout": 0.6, "steps": 250}
    long = {**short, "epochs": 30.0}
    return [
        *(("text", text, long) for text in ("haiku:12", "posts:15", "lyrics:20", "posts:40")),
        ("text", "haiku:30", {**long, "cell": "gru", "dropout": 0.2}),
        *(("time", text, quick) for text in ("haiku:2000", "posts:1200", "lyrics:700")),
        ("time", "posts:1200", {**quick, "cell": "gru", "steps": 120}),
        ("time", "haiku:4000", {**quick, "hidden_size": 256, "dropout": 0.1}),
        *(("size", text, tiny) for text in ("haiku:2000", "posts:1200", "lyrics:700")),
        ("size", "haiku:1500", {**tiny, "cell": "gru"}),
        *(("dropout", text, damped) for text in ("haiku:2000", "posts:1200", "lyrics:700")),
        *(("oddness", text, quick) for text in ("=line", "=numbers", "=noise")),
    ]


def text(name: str) -> str:
    """`haiku:12`: the first 12 kB of that corpus; `=line` and the like: a made one."""
    draw = random.Random(0)
    if name == "=line":
        return "All work and no play makes Jack a dull boy.\n" * 4000
    if name == "=numbers":
        return "".join(f"{draw.random():.6f};{draw.randrange(10**6)}\n" for _ in range(8000))
    if name == "=noise":
        letters = "abcdefghijklmnopqrstuvwxyz     "
        return "".join(draw.choice(letters) for _ in range(200_000))
    corpus, size = name.split(":")
    return (CORPORA / f"{corpus}.txt").read_text(encoding="utf-8")[: 1000 * int(size)]


def verdict(name: str, settings: dict[str, Any]) -> Limited:
    """What a run on that text says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text.txt"
        file.write_text(text(name), encoding="utf-8")
        events = rnngen.train(file, output=Path(folder) / "run", **settings)
        [limited] = [event for event in events if isinstance(event, Limited)]
    return limited


def main(*wanted: str) -> None:
    right = tried = 0
    for short, name, settings in cases():
        if wanted and short not in wanted:
            continue
        limited = verdict(name, {"device": "cpu", "precision": "fp32", "novelty": False} | settings)
        tried += 1
        right += limited.by == short
        mark = "right" if limited.by == short else "WRONG"
        print(f"{short:8} {name:12} {mark}: {limited.why}", flush=True)
    print(f"{right} of {tried} right")


if __name__ == "__main__":
    main(*sys.argv[1:])
