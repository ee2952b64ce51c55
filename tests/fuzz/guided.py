"""`python -m tests.fuzz.guided READER`: cases that grow towards code no case has reached yet.

It needs atheris (pip install atheris), which watches which branches of the program a case takes.
A failure is saved as `fuzz-failures/READER-guided-..`, and ends it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from tests.fuzz import worker

INSTRUMENTED = ["rnngen", "tomllib", "html", "zipfile"]


def main() -> None:
    import atheris

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("reader", choices=worker.available())
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--kept", type=Path, default=Path("fuzz-failures"))
    options = parser.parse_args()
    kept = options.kept.absolute()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with atheris.instrument_imports(include=INSTRUMENTED):
            reader = worker.reader_class(options.reader)(Path(folder))
            worker.complaint(reader, reader.seeds[0])  # imports what it needs
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(reader.seeds):
            (corpus / str(number)).write_bytes(seed)

        def read(content: bytes) -> None:
            if why := worker.complaint(reader, content):
                name = hashlib.sha256(content).hexdigest()[:12]
                worker.keep(kept, f"{options.reader}-guided-{name}{reader.suffix}", (content, why))
                raise AssertionError(why)

        limits = [f"-max_total_time={options.seconds}", "-timeout=5", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *limits, str(corpus)], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
