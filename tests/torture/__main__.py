"""`python -m tests.torture`: kill runs of every kind at random moments, and go on with them.

Then the same with other faults: a full disk, lost permissions, signals within a save, and so on.
After each what stands on the disk must be whole. At the end the run must have the weights,
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
from tests.torture.faults import FAULTS, KILL
from tests.torture.kinds import KINDS
from tests.torture.matrix import Matrix, Row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--real", type=int, default=12, help="kills of processes, not of forks")
    parser.add_argument("--faults", type=int, default=90, help="other faults than kills")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kinds", default="", help="only kinds with this in their names")
    parser.add_argument("--few", action="store_true", help="runs of three kinds, drawn by chance")
    parser.add_argument("--keep", action="store_true", help="keep what failed, to look at")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="rnngen-torture-"))
    rows = torture(place, options, random.Random(options.seed))
    print_table(rows)
    failures = [failure for row in rows for failure in row.failures]
    for failure in failures:
        print(failure)
    kills = sum(row.kills for row in rows if row.fault is KILL)
    faults = sum(row.runs for row in rows if row.fault is not KILL)
    seconds = time.monotonic() - began
    print(f"{kills} kills, {faults} other faults, {len(failures)} failures, {seconds:.0f} seconds")
    if not (options.keep and failures):
        import shutil

        shutil.rmtree(place)
    return 1 if failures else 0


def torture(place: Path, options: argparse.Namespace, rng: random.Random) -> list[Row]:
    """Kill runs of every kind so often in all, and let other things go wrong so often."""
    forks.import_program()
    matrix = Matrix(place, rng)
    kinds = [kind for kind in KINDS if options.kinds in kind.name]
    if options.few:
        kinds = rng.sample([kind for kind in kinds if kind.processes == 1], 3)
    of_kinds = [Row(kind.name, KILL) for kind in kinds]
    for number, (kind, row) in enumerate(zip(kinds, of_kinds, strict=True)):
        while row.kills < share(options.kills, number, len(kinds)):
            matrix.kill(kind, *matrix.unbroken(kind), row)
            row.points = matrix.unbroken(kind)[1].points
            show(row)
    real = Row("processes of all kinds", KILL)
    while real.kills < options.real:
        kind = kinds[-1 - real.runs % len(kinds)]  # those of several processes first
        matrix.kill(kind, *matrix.unbroken(kind), real, is_real=True)
        show(real)
    others = [Row(fault.name, fault) for fault in FAULTS] if options.faults else []
    alone = [kind for kind in kinds if kind.processes == 1 and not kind.replaces]
    for number, row in enumerate(others):
        for _ in range(share(options.faults, number, len(others))):
            kind = rng.choice(alone)
            matrix.fail(kind, row.fault, *matrix.unbroken(kind), row)
            show(row)
    return [*of_kinds, real, *others]


def share(total: int, number: int, count: int) -> int:
    """How many of `total` fall to the one of this number of `count`."""
    return total * (number + 1) // count - total * number // count


def show(row: Row) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{row.name}: {row.runs} runs ", end="", file=sys.stderr, flush=True)


def print_table(rows: list[Row]) -> None:
    width = max(len(row.name) for row in rows)
    titles = ("places", "runs", "broken", "at places", "began again", "failed")
    print(f"{'kind':<{width}}", *(f"{title:>11}" for title in titles))
    for row in rows:
        numbers = (row.points, row.runs, row.kills, row.at_points, row.before_state)
        columns = (*numbers, len(row.failures))
        print(f"{row.name:<{width}}", *(f"{number:>11,}" for number in columns))
    places: Counter[str] = Counter()
    for row in rows:
        places.update(row.places)
    print("killed:", ", ".join(f"{place} {count}" for place, count in places.most_common()))


if __name__ == "__main__":
    sys.exit(main())
