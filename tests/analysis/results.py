"""A comparison as if it had been trained: its numbers are made."""

from __future__ import annotations

from rnngen.analysis.candidates import Budget, candidates
from rnngen.analysis.compare import Comparison
from rnngen.analysis.measure import RunResult
from rnngen.analysis.probe import ProbeResult

LOSSES = {"lstm": [2.0, 2.02, 2.01], "gru": [2.2, 2.23, 2.21]}


def result(label: str, seed: int, loss: float) -> RunResult:
    return RunResult(
        candidate=label,
        seed=seed,
        name=f"both/{label}-seed{seed}",
        hidden_size=16,
        num_layers=1,
        parameters={"lstm": 4000, "gru": 3000}[label],
        steps=300,
        seconds=10.0 + seed,
        epochs=2.0,
        bits_per_byte=loss,
        train_characters_per_second=30_000.0,
        sample_characters_per_second=9000.0,
        peak_bytes=None if label == "gru" else 400_000_000 + seed,
        context=[loss + 2, loss + 1, loss + 0.5, None, *[None] * 7],
        accuracy=[0.25, 0.5, 0.75, 0.5, 0.5, 0.5 + seed / 10],
    )


def made_comparison(*, probe: bool = True) -> Comparison:
    return Comparison(
        paths=["/texts/a|b.txt"],
        budget=Budget(steps=300),
        candidates=candidates(["lstm", "gru"]),
        seeds=3,
        settings={},
        probe=probe,
        text={"names": ["a|b.txt"], "bytes": 20_000, "held_out_tokens": 2000},
        results=[
            result(label, seed, losses[seed])
            for seed in range(3)
            for label, losses in LOSSES.items()
        ],
        probes=[
            ProbeResult("lstm", 9000, [1, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0.1]),
            ProbeResult("gru", 7000, [1, 1, 1, 0.9, 0.8, 0.4, 0.3, 0.2, 0.1, 0.0]),
        ]
        if probe
        else [],
    )
