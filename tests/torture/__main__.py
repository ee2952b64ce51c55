"""`python -m tests.torture`: kill runs of every kind at random moments, and go on with them.

After each kill what stands on the disk must be whole. At the end the run must have the weights,
the optimizer's moments, the settings and the log of one that was never broken, byte for byte, and
nothing must be left beside it. The same seed kills in the same places, but for random moments.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.torture import forks
from tests.torture.kinds import KINDS
from tests.torture.matrix import Matrix, Row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kinds", default="", help="only kinds with this in their names")
    parser.add_argument("--keep", action="store_true", help="keep what failed, to look at")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="rnngen-torture-"))
    rows = torture(place, options.kills, random.Random(options.seed), options.kinds)
    print_table(rows)
    failures = [failure for row in rows for failure in row.failures]
    for failure in failures:
        print(failure)
    kills = sum(row.kills for row in rows)
    print(f"{kills} kills, {len(failures)} failures, {time.monotonic() - began:.0f} seconds")
    if not (options.keep and failures):
        import shutil

        shutil.rmtree(place)
    return 1 if failures else 0


def torture(place: Path, kills: int, rng: random.Random, kinds: str) -> list[Row]:
    forks.import_program()
    matrix = Matrix(place, rng)
    rows = [Row(kind) for kind in KINDS if kinds in kind.name]
    rng.shuffle(rows)
    for number, row in enumerate(rows):
        expected, unbroken = matrix.unbroken(row.kind)
        row.points = unbroken.points
        wanted = kills * (number + 1) // len(rows) - kills * number // len(rows)
        while row.kills < wanted:
            matrix.kill(row.kind, expected, unbroken, row)
            if sys.stderr.isatty():
                print(f"\r{row.kind.name}: {row.kills} ", end="", file=sys.stderr)
    return rows


def print_table(rows: list[Row]) -> None:
    width = max(len(row.kind.name) for row in rows)
    titles = ("places", "runs", "kills", "at places", "began again", "failed")
    print(f"{'kind':<{width}}", *(f"{title:>11}" for title in titles))
    for row in sorted(rows, key=lambda row: row.kind.name):
        numbers = (row.points, row.runs, row.kills, row.at_points, row.before_state)
        columns = (*numbers, len(row.failures))
        print(f"{row.kind.name:<{width}}", *(f"{number:>11,}" for number in columns))
    places: Counter[str] = Counter()
    for row in rows:
        places.update(row.places)
    print("killed:", ", ".join(f"{place} {count}" for place, count in places.most_common()))


if __name__ == "__main__":
    sys.exit(main())
