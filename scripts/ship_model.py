"""Puts a trained model among those that come with rnngen: `scripts/ship_model.py MODEL NAME`.

The model is stored in 8 bits under checkpoints/shipped/NAME, with its word list counted by the
dictionary of today, an index of the text of corpora/ that bears its name, and its preset.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from rnngen import checkpoint, novelty, runs
from rnngen.corpus import open_corpus
from rnngen.forms import preset
from rnngen.forms.language.lexicon import Lexicon

ROOT = Path(__file__).resolve().parent.parent
PRESETS: dict[str, dict[str, object]] = {
    "base-en": {"temperature": 0.7},
    "haiku": {"form": "haiku", "particles": 1, "temperature": 0.6, "best_of": 16, "novel": 30},
    "lyrics": {"temperature": 0.65, "length": 700, "novel": 30},
    "posts": {"temperature": 0.7, "best_of": 6, "novel": 30},
}
"""Found by reading; docs/models.md says how."""


def main(model: str, name: str) -> None:
    stored = checkpoint.load_model(runs.find_model(model))
    preset.check(PRESETS[name])
    lexicon = Lexicon.from_tensors(stored.lexicon).recounted().to_tensors()
    text = ROOT / "corpora" / f"{name}.txt"
    index = novelty.build(open_corpus([str(text)]), most_bytes=None) if text.exists() else None
    begun = None if name == "base-en" else "base-en"  # what lies between was not kept
    facts = {**stored.facts, "preset": PRESETS[name], "init_from": begun}
    folder = ROOT / "checkpoints" / "shipped" / name
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_model(
        folder / runs.MODEL_FILE,
        dataclasses.replace(stored, storage="int8", lexicon=lexicon, novelty=index, facts=facts),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
