"""How many cores there are to compute with."""

from __future__ import annotations

import os

_limit: int | None = None


def cores() -> int:
    """Cores this process may use; fewer than the machine has where it is confined to some."""
    if _limit is not None:
        return _limit
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_cores(most: int) -> None:
    """From now on this process computes on so many cores, as others work beside it."""
    global _limit
    _limit = most
