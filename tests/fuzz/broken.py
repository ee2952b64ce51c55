"""Readers that fail, each in its own way: a campaign must notice all of them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rnngen.errors import CheckpointError
from tests.fuzz.base import Reader

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random


class Broken(Reader):
    """Refuses most cases; those that begin with a byte of 7 or less are for its failure."""

    suffix = ".bin"

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.seeds = [b"x" * 9]

    def structured(self, rng: Random) -> bytes:
        return bytes([rng.randrange(64)])

    def read(self, path: Path) -> None:
        if path.read_bytes()[:1] < b"\x08":
            self.fail()
        raise CheckpointError("refused")

    def fail(self) -> None:
        raise ZeroDivisionError


class Crashing(Broken):
    def fail(self) -> None:
        os.abort()


class Hanging(Broken):
    def fail(self) -> None:
        time.sleep(60)


class Greedy(Broken):
    def fail(self) -> None:
        bytearray(3 << 30)


class Talkative(Broken):
    def fail(self) -> None:
        raise CheckpointError("one line\nand another")
