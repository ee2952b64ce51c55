"""Which device to train on, in which arithmetic, and with how many threads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from rnngen.cores import cores
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.training.processes import Group

ROWS_PER_THREAD = 4
"""With fewer rows a core does less: each product reads all weights, however few the rows.

Tokens a second on one core for 1, 2, 4, 8, 16 rows of 64 tokens, in thousands (2 x 256 units;
on a busy machine, so only their proportions count):
LSTM 1.2, 1.6, 2.3, 2.5, 3.9; GRU 0.8, 0.7, 1.5, 2.4, 3.4.
"""


def choose_device(name: str) -> torch.device:
    """The device `--device NAME` stands for. Raises ConfigError if this machine has none."""
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if available[n])
    if not available.get(name):
        usable = ", ".join(n for n, here in available.items() if here)
        raise ConfigError(f"--device {name}: there is none on this machine; usable: {usable}.")
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """`fp32` or `bf16`; `auto` takes bf16 where it is faster.

    A GPU that has bf16 is faster with it. A CPU is asked by trying: without the instructions its
    bf16 products are hundreds of times slower, so one small product decides.
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device.type == "mps":
        return "fp32"
    faster = _product_seconds(torch.bfloat16) < 0.75 * _product_seconds(torch.float32)
    return "bf16" if faster else "fp32"


def choose_threads(threads: int, device: torch.device, batch_size: int, group: Group) -> int:
    """How many threads share the rows of a batch, those of all processes counted.

    threads: 0 stands for as many as pay.
    """
    if device.type != "cpu":
        return group.size
    most = max(1, cores() // group.size_here) * group.size
    return min(batch_size, threads or max(1, min(most, batch_size // ROWS_PER_THREAD)))


def _product_seconds(dtype: torch.dtype) -> float:
    """Time of one matrix product of the size a training step makes, the best of three."""
    a, b = torch.ones(32, 256, dtype=dtype), torch.ones(256, 1024, dtype=dtype)
    times = []
    for _ in range(4):  # the first one also loads the library
        begin = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - begin)
    return min(times[1:])
