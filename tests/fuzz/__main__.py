"""`python -m tests.fuzz`: read files that no program wrote, with every reader there is.

Anything but a file that is accepted or an error of one line is a failure: a traceback, a signal, a
case that takes more than 5 seconds or more than 1 GB. The same seed makes the same cases.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from rnngen.cores import cores
from tests.fuzz import campaign
from tests.fuzz.worker import available

COLUMNS = ("reader", "kind", "cases", "accepted", "refused", "failed", "cases/s")
LINE = "{:<10} {:<10} {:>9} {:>9} {:>9} {:>6} {:>7}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000, help="files changed at random")
    parser.add_argument("--structured", type=int, default=200_000, help="files of odd content")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--reader", choices=available(), action="append")
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--kept", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    began = time.monotonic()
    failures, cases = [], 0
    print(LINE.format(*COLUMNS))
    for row in campaign.run_all(
        options.reader or available(),
        {"mutated": options.cases, "structured": options.structured},
        seed=options.seed,
        kept=options.kept.absolute(),
        workers=options.workers,
    ):
        counts = [row.cases, row.accepted, row.refused, len(row.failures)]
        speed = f"{row.cases / max(row.seconds, 1e-9):,.0f}"
        print(LINE.format(row.reader, row.kind, *map("{:,}".format, counts), speed), flush=True)
        failures += row.failures
        cases += row.cases
    print(*failures, sep="\n")
    seconds = time.monotonic() - began
    print(f"{cases:,} cases, {len(failures):,} failures, {seconds:,.0f} seconds")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
