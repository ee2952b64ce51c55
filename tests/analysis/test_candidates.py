"""Settings that are compared, and budgets that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen.analysis.candidates import Budget, Candidate, candidates, fit_parameters, open_text
from rnngen.config import ModelConfig, TextConfig
from rnngen.errors import ConfigError
from rnngen.model.shapes import parameter_count
from tests.cli.small import words


def test_every_combination_is_a_candidate_with_a_name_of_its_own():
    found = candidates(["lstm", "gru"], [16, 32], {"seq_len": [8, 64]})
    assert len(found) == 8
    assert found[0] == Candidate(
        "lstm-16-seq_len8", {"cell": "lstm", "hidden_size": 16, "seq_len": 8}
    )
    assert len({each.label for each in found}) == 8
    assert [each.label for each in candidates(["lstm", "gru"])] == ["lstm", "gru"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["lstm"],), "there is nothing to compare"),
        ((["lstm", "lstm"],), "`cell` needs values that differ, got lstm, lstm"),
        ((["lstm", "rnn"],), "`cells` must be of lstm, gru, got 'rnn'"),
        ((["lstm", "gru"], []), "`hidden_size` needs values that differ, got none"),
        ((["lstm"], [16, 0]), "`hidden_size` must be a whole number, at least 1, got 0"),
        ((["lstm"], None, {"depth": [1, 2]}), "unknown setting 'depth'"),
        ((["lstm"], None, {"seed": [1, 2]}), "`vary` cannot change `seed`"),
        ((["lstm"], None, {"tokenizer": ["char", "byte"]}), "`vary` cannot change `tokenizer`"),
        ((["lstm"], None, {"seq_len": [8, "x"]}), "`seq_len` must be a whole number"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, message: str):
    with pytest.raises(ConfigError, match=message):
        candidates(*arguments)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({}, "one length for all runs: `steps` or `minutes`"),
        ({"steps": 50, "minutes": 1}, "and not both"),
        ({"parameters": 1000}, "`parameters` says how large they are, not how long"),
        ({"steps": 19}, "`steps` must be at least 20 to compare anything, got 19"),
        ({"minutes": 0}, "`minutes` must be above 0, got 0"),
    ],
)
def test_a_budget_that_compares_nothing_is_refused(budget, message: str):
    with pytest.raises(ConfigError, match=message):
        Budget(**budget)


@pytest.mark.parametrize("parameters", [3000, 20_000, 77_777])
def test_sizes_meet_the_parameters_as_nearly_as_sizes_can(tmp_path: Path, parameters: int):
    text = words(tmp_path / "words.txt")
    settings = {"steps": 50, "num_layers": 1, "ngrams": 1, "device": "cpu"}
    read = open_text(TextConfig(paths=[str(text)]), tmp_path, settings)

    def count(cell: str, size: int) -> int:
        vocab = read.tokenizer.vocab_size
        return parameter_count(ModelConfig(vocab, cell, size, size, num_layers=1))

    for cell in ("lstm", "gru"):
        fitted = fit_parameters(Candidate(cell, {"cell": cell}), read, settings, parameters)
        size = fitted.settings["hidden_size"]
        off = {s: abs(count(cell, s) - parameters) for s in (size - 1, size, size + 1) if s}
        assert min(off, key=off.__getitem__) == size
        assert fitted.label == cell


def test_parameters_that_no_size_has_are_refused(tmp_path: Path):
    text = words(tmp_path / "words.txt")
    settings = {"steps": 50, "num_layers": 1, "ngrams": 1, "device": "cpu"}
    read = open_text(TextConfig(paths=[str(text)]), tmp_path, settings)
    with pytest.raises(ConfigError, match=r"`parameters` 100 cannot be met by lstm"):
        fit_parameters(Candidate("lstm", {"cell": "lstm"}), read, settings, 100)
