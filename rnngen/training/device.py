"""Which device to train on, in which arithmetic, and with how many threads."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import torch

from rnngen.cores import cores
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rnngen.config import ModelConfig, TrainConfig
    from rnngen.training.processes import Group
    from rnngen.training.recipe import Recipe

ROWS_PER_THREAD = 4
"""With fewer rows a core does less: each product reads all weights, however few the rows.

Tokens a second on one core for 1, 2, 4, 8, 16 rows of 64 tokens, in thousands (2 x 256 units;
on a busy machine, so only their proportions count):
LSTM 1.2, 1.6, 2.3, 2.5, 3.9; GRU 0.8, 0.7, 1.5, 2.4, 3.4.
"""

LEAST_HIDDEN_SIZE_IN_BF16 = {"lstm": 192, "gru": math.inf}
"""From where on bf16 is faster on a CPU that has its instructions.

Two cores with AVX-512 bf16, 2 x 192 units, 32 rows, thousands of tokens a second in bf16 and fp32:
LSTM 28.9, 16.5; GRU 19.1, 20.5. Smaller layers were not measured; `python -m tests.bench.precision`
measures them.
"""


def resolve(config: TrainConfig, model: ModelConfig, group: Group) -> TrainConfig:
    """The settings with `device`, `precision` and `threads` as they will be here.

    Raises ConfigError if this machine has no such device.
    """
    device = choose_device(config.device)
    return dataclasses.replace(
        config,
        device=device.type,
        precision=choose_precision(config.precision, device, model),
        threads=choose_threads(config.threads, device, config.batch_size, group),
    )


def explained(recipe: Recipe, asked: Mapping[str, Any], group: Group) -> Recipe:
    """The recipe with `device`, `precision` and `threads` as they will be here, and why.

    asked: the settings that the user fixed.
    """
    train = resolve(recipe.train, recipe.model, group)
    reasons = {
        "device": _why_device(train.device),
        "precision": _why_precision(train, recipe.model),
        "threads": _why_threads(train, group),
    }
    for name in reasons:
        if asked.get(name, "auto") not in ("auto", 0):
            reasons[name] = "as asked"
    if train.device != "cpu":
        del reasons["threads"]
    return dataclasses.replace(recipe, train=train, reasons={**recipe.reasons, **reasons})


def _why_device(device: str) -> str:
    return "PyTorch finds no GPU" if device == "cpu" else "the GPU of this machine"


def _why_precision(train: TrainConfig, model: ModelConfig) -> str:
    if train.device != "cpu":
        is_bf16 = train.precision == "bf16"
        return "the GPU supports it" if is_bf16 else "the GPU does not support bf16"
    if not has_bf16_instructions():
        return "this CPU has no bf16 instructions"
    least = LEAST_HIDDEN_SIZE_IN_BF16[model.cell]
    if math.isinf(least):
        return f"on this CPU bf16 would be no faster for a {model.cell.upper()}"
    if train.precision == "bf16":
        return f"faster on this CPU from {least} units on"
    return f"on this CPU bf16 would be no faster below {least} units"


def _why_threads(train: TrainConfig, group: Group) -> str:
    if train.threads == group.size:
        few = train.batch_size < 2 * ROWS_PER_THREAD * group.size
        return "the batch is too small for more" if few else "this machine has one core"
    if train.threads < cores() // group.size_here * group.size:
        return f"each needs {ROWS_PER_THREAD} rows of the batch"
    return "one per core"


def choose_device(name: str) -> torch.device:
    """The device that the setting stands for. Raises ConfigError if this machine has none."""
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if available[n])
    if not available.get(name):
        usable = ", ".join(n for n, here in available.items() if here)
        raise ConfigError(f"`device` {name}: there is none on this machine; usable: {usable}.")
    return torch.device(name)


def choose_precision(name: str, device: torch.device, model: ModelConfig) -> str:
    """`fp32` or `bf16`; `auto` takes bf16 where it is known to be faster for this model.

    Nothing is timed, so that the choice does not depend on how busy the machine is.
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device.type == "mps" or not has_bf16_instructions():
        return "fp32"
    return "bf16" if model.hidden_size >= LEAST_HIDDEN_SIZE_IN_BF16[model.cell] else "fp32"


def has_bf16_instructions() -> bool:
    """Whether the CPU multiplies bf16 numbers itself; others are many times slower with them."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def choose_threads(threads: int, device: torch.device, batch_size: int, group: Group) -> int:
    """How many threads share the rows of a batch, those of all processes counted.

    threads: 0 stands for as many as pay.
    """
    if device.type != "cpu":
        return group.size
    most = max(1, cores() // group.size_here) * group.size
    return min(batch_size, threads or max(1, min(most, batch_size // ROWS_PER_THREAD)))
