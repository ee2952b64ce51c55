"""Which device to train on, and in which arithmetic."""

from __future__ import annotations

import os
import time

# On an idle machine threads should spin while they wait: an LSTM step on two cores is 1.7 times
# faster. Beside other busy programs they take the processor from the very thread they wait for,
# and a step is 4 to 15 times slower. OpenMP reads this once, when torch loads it.
if hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1):
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from rnngen.errors import ConfigError


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


def _product_seconds(dtype: torch.dtype) -> float:
    """Time of one matrix product of the size a training step makes, the best of three."""
    a, b = torch.ones(32, 256, dtype=dtype), torch.ones(256, 1024, dtype=dtype)
    times = []
    for _ in range(4):  # the first one also loads the library
        begin = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - begin)
    return min(times[1:])
