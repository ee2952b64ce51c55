"""Particles for a budget, against a machine whose speed is known."""

from __future__ import annotations

import pytest

from rnngen.forms.budget import MOST, particles_within


def chosen(milliseconds: float, seconds: list[float]) -> int:
    """What is chosen where the trials take so many seconds a particle, the first to the last."""
    now, left = 100.0, list(seconds)

    def write(index: int, particles: int) -> None:
        nonlocal now
        now += left.pop(0) * particles

    found = particles_within(milliseconds, write, lambda: now)
    assert not left
    return found


@pytest.mark.parametrize(
    ("milliseconds", "particles"), [(1000, 100), (105, 10), (10.5, 1), (1, 1), (10**9, MOST)]
)
def test_as_many_particles_as_fit_and_at_least_one(milliseconds: float, particles: int) -> None:
    assert chosen(milliseconds, [0.01 - 1e-12] * 3) == particles


def test_the_slowest_trial_counts_but_for_the_first() -> None:
    assert chosen(1000, [9.0, 0.001, 0.1 - 1e-12]) == 10


def test_a_clock_that_stands_still_is_no_harm() -> None:
    assert chosen(1, [0.0] * 3) == MOST
