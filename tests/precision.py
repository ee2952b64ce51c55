"""In which arithmetic tests train; `RNNGEN_TEST_PRECISION=bf16 make test` runs them in the other.

fp32 is the same on every processor; `auto` is not. Tests of precision itself run both, everywhere:
without the instructions bf16 is slow and right all the same.
"""

from __future__ import annotations

import os

PRECISION = os.environ.get("RNNGEN_TEST_PRECISION", "fp32")
PRECISION_OPTION = ("--precision", PRECISION)
