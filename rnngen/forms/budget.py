"""How many particles fit into the time a text may take, as measured on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 4096
_TRIAL = 4  # particles of a trial
_TRIALS = 3


def particles_within(
    milliseconds: float, write: Callable[[int, int], None], clock: Callable[[], float]
) -> int:
    """Particles with which a text is expected to take `milliseconds` at most; 1 in any case.

    write: writes the text of an index with so many particles.  clock: seconds, such as
    time.perf_counter.

    The first trial is not counted: it computes masks that all texts share. Of the others the
    slowest counts, for texts differ in length. Time is taken to grow with the particles; it grows
    less, as some of it is spent only once for all, so the estimate is on the safe side.
    """
    seconds = []
    for index in range(_TRIALS):
        began = clock()
        write(index, _TRIAL)
        seconds.append(clock() - began)
    each = max(seconds[1:]) / _TRIAL
    return max(1, int(min(MOST, milliseconds / 1000 / max(each, 1e-9))))
