"""How well the recipe trains: `python -m tests.bench.train FILE [MINUTES] [OPTION ...]`.

The last tenth of FILE is held out, as for the published figures of tinyshakespeare (nanoGPT: 1.88
nats in three minutes on a laptop's CPU). Prints the best held-out loss, and beside it the loss that
the text's own unigrams and bigrams give on the same split, so that the figure can be judged alone.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path


def main(file: str, minutes: str = "3", *options: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RNNGEN_HOME": home}
        program = [sys.executable, "-m", "rnngen"]
        train = [*program, "train", file, "--documents", "none", "--minutes", minutes, *options]
        began = time.monotonic()
        subprocess.run([*train, "--name", "x"], env=environment, check=True)
        seconds = time.monotonic() - began
        ran = subprocess.run(
            [*program, "info", "x", "--json"], env=environment, check=True, stdout=subprocess.PIPE
        )
        info = json.loads(ran.stdout)
    print(f"whole process          {seconds:.0f} s for --minutes {minutes}")
    print(f"parameters             {info['parameters']:,}")
    print(f"tokens read            {info['training']['tokens_seen']:,}")
    print(f"held-out nats/token    {info['best_valid_nats_per_token']:.4f}")
    unigram, bigram = ngram_losses(Path(file).read_text(encoding="utf-8"))
    print(f"unigrams, bigrams      {unigram:.4f}, {bigram:.4f} nats/character on the same split")


def ngram_losses(text: str) -> tuple[float, float]:
    """Held-out loss of add-one unigrams and bigrams, in nats a character."""
    cut = round(len(text) * 0.9)
    ones, twos = Counter(text[:cut]), Counter(pairwise(text[:cut]))
    size = len(ones) + 1
    pairs = list(pairwise(text[cut - 1 :]))
    unigram = -sum(math.log((ones[b] + 1) / (cut + size)) for _, b in pairs) / len(pairs)
    bigram = -sum(math.log((twos[a, b] + 1) / (ones[a] + size)) for a, b in pairs) / len(pairs)
    return unigram, bigram


if __name__ == "__main__":
    main(*sys.argv[1:])
