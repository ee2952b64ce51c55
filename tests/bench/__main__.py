"""All benchmarks that need nothing but this repository: `make bench`.

Those that want a real text are named with their command in docs/benchmarks.md.
"""

from __future__ import annotations

import runpy

for name in ("start", "step", "cells"):
    print(f"== {name}")
    runpy.run_module(f"tests.bench.{name}", run_name="__main__")
