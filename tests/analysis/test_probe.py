"""The probe on models whose memory is known: shift registers of so many characters."""

from __future__ import annotations

import numpy as np
import pytest

from rnngen.analysis import probe
from rnngen.checkpoint import Model
from rnngen.tokenizers.byte import ByteTokenizer
from tests.analysis.nets import OPEN, SHUT, blank_net, set_bias, set_token

LETTERS = probe.LETTERS


def register(cell: str, stages: int, *, broken_at: int | None = None) -> Model:
    """A model that predicts the letter it read `stages` characters ago, by hand.

    Stage 1 holds the letter just read, a unit a letter; each other stage takes over what the one
    before held. broken_at: this stage takes over nothing, so all later ones are empty.
    """
    count = len(LETTERS)
    config, weights = blank_net(cell=cell, hidden_size=count * stages)
    u = weights["layers.0.weight_hh_l0"]
    candidate = 2 * config.hidden_size  # its first row, in both kinds of cell
    for unit in range(config.hidden_size):
        stage, letter = divmod(unit, count)
        if cell == "lstm":
            set_bias(config, weights, "input", unit, OPEN)
            set_bias(config, weights, "forget", unit, SHUT)
            set_bias(config, weights, "output", unit, OPEN)
        else:
            set_bias(config, weights, "reset", unit, OPEN)
            set_bias(config, weights, "update", unit, SHUT)
        if stage == 0:
            set_token(config, weights, "candidate", unit, ord(LETTERS[letter]), OPEN)
        elif stage + 1 != broken_at:
            u[candidate + unit, unit - count] = OPEN
        if stage == stages - 1:
            weights["output.weight"][ord(LETTERS[letter]), unit] = 10
    as_stored = {name: array.astype(np.float32) for name, array in weights.items()}
    return Model(config, as_stored, ByteTokenizer(), continuous=False, facts={})


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_model_built_to_remember_holds_symbols_just_so_far(cell: str):
    for length in (3, 8):
        found = probe.probe(register(cell, length + 1))
        assert found.reach == length + 1
        at = probe.LENGTHS.index(length)
        assert found.accuracy[at] == 1
        # At any other distance it says some other letter of the word: that is guessing.
        others = [a for k, a in enumerate(found.accuracy) if k != at and probe.LENGTHS[k] > 3]
        assert max(map(abs, others)) < 0.2
        assert found.cell == cell


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_model_built_to_forget_holds_nothing(cell: str):
    found = probe.probe(register(cell, 9, broken_at=5))
    assert found.reach == 0
    assert max(map(abs, found.accuracy)) < 0.1


def test_reach_is_the_farthest_distance_with_enough_accuracy():
    accuracy = [1.0, 0.9, 0.8, 0.5, 0.49, 0, 0, 0, 0, 0]
    assert probe.ProbeResult("lstm", 1, accuracy).reach == 5  # words of 4 letters, and the bar
    assert probe.ProbeResult("lstm", 1, [0.0] * 10).reach == 0


def test_the_made_text_is_words_and_their_copies():
    lines = probe.made_text(characters=5000).splitlines()
    words = [line.split(probe.BAR) for line in lines]
    assert all(len(both) == 2 and both[0] == both[1] for both in words)
    lengths = {len(word) for word, _ in words}
    assert (min(lengths), max(lengths)) == (1, probe.LEARNED)
    assert probe.made_text(characters=5000).splitlines() == lines
    assert set("".join(word for word, _ in words)) == set(LETTERS)
