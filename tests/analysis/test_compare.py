"""Comparisons from their beginning to their verdict, on made texts whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import rnngen
from rnngen import runs
from rnngen.analysis import compare as comparing
from rnngen.analysis import measure, probe, reading
from rnngen.analysis.compare import Comparison
from rnngen.analysis.report import tables, verdict
from rnngen.errors import CheckpointError, ConfigError, CorpusError
from rnngen.training.events import Step
from tests.analysis import languages
from tests.analysis.languages import SMALL
from tests.cli.small import words
from tests.precision import PRECISION


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(measure, "SAMPLED_SECONDS", 0.01)
    monkeypatch.setattr(measure, "SAMPLED_TOKENS", 20)
    monkeypatch.setattr(reading, "WINDOWS", 20)
    return tmp_path / "home"


@pytest.fixture
def text(tmp_path: Path) -> str:
    return str(words(tmp_path / "words.txt"))


def compare(text: str, **arguments: Any) -> Comparison:
    settings = {"name": "both", "steps": 20, "seeds": 2, **SMALL, **arguments}
    return rnngen.compare(text, **settings).comparison


@pytest.mark.parametrize("name", ["brackets, seq_len 4 or 64", "pairs, GRU of 2 or 16 units"])
def test_a_setting_that_cannot_learn_a_language_loses_to_one_that_can(tmp_path: Path, name: str):
    """A share of tests/bench/verdicts.py, which compares on five texts of every language."""
    known = languages.KNOWN[name]
    (tmp_path / "made.txt").write_text(known.text(0))
    arguments = {"name": "known", "seeds": 3, **languages.settings(known)}
    found = rnngen.compare(str(tmp_path / "made.txt"), **arguments).comparison
    assert found.judgement.winner == known.winner
    assert verdict(found)[0].startswith(f"{known.winner} is better than ")
    at = reading.CONTEXTS.index(32)  # where what is missing would have helped
    worse, better = ([r.context[at] for r in found.of(each)] for each in found.candidates)
    assert max(better) < min(worse)


def test_settings_that_do_the_same_are_called_equal(text: str):
    """Without n-grams their rate has no effect."""
    found = compare(text, cells=["gru"], sizes=[8], vary={"ngram_rate": [1.0, 5.0]})
    one, other = ([r.bits_per_byte for r in found.of(candidate)] for candidate in found.candidates)
    assert one == other
    assert one[0] != one[1]  # seeds differ
    assert found.judgement.winner is None
    assert "are equal as far as 2 seeds can tell" in verdict(found)[0]


def test_runs_are_ordinary_ones_of_the_comparison(text: str, home: Path):
    found = compare(text, sizes=[8])
    names = [result.name for result in found.results]
    assert names == [f"both/{cell}-8-seed{seed}" for seed in (0, 1) for cell in ("lstm", "gru")]
    for name in names:
        model = rnngen.load(name)
        assert model.sample(length=5)
        assert runs.find_log(name) == home / name / "log.jsonl"
        assert model.config.cell == name.split("/")[1].split("-")[0]
    digests = {rnngen.load(name).facts["corpus"]["held_out_tokens"] for name in names}
    assert digests == {found.text["held_out_tokens"]}
    for result in found.results:
        model = rnngen.load(result.name)
        assert result.bits_per_byte == model.facts["metrics"]["best_valid_bits_per_byte"]
        assert result.steps == 20
        assert result.train_characters_per_second > 0
        assert result.sample_characters_per_second > 0
        assert result.peak_bytes is None or result.peak_bytes > 10_000_000


def stop_at(step: int, at_run: int = 1):
    """An observer and a should_stop that ask for a stop at a step of a run."""
    seen = {"runs": 0, "stop": False}

    class Watch:
        def observe(self, event: Any) -> None:
            if isinstance(event, Step) and event.step == 10:
                seen["runs"] += 1
            if isinstance(event, Step) and seen["runs"] == at_run and event.step >= step:
                seen["stop"] = True

    return {"observers": [Watch()], "should_stop": lambda: bool(seen["stop"])}


def test_a_comparison_that_was_stopped_goes_on_to_the_same_result(text: str, home: Path):
    whole = compare(text, sizes=[8], name="whole")
    stopped = compare(text, sizes=[8], name="parts", **stop_at(10, at_run=3))
    assert not stopped.is_complete
    assert len(stopped.results) == 2
    kept = (home / "parts" / "lstm-8-seed0" / runs.MODEL_FILE).stat().st_mtime_ns
    done = rnngen.compare(name="parts", resume=True).comparison
    assert done.is_complete
    assert [r.bits_per_byte for r in done.results] == [r.bits_per_byte for r in whole.results]
    assert (home / "parts" / "lstm-8-seed0" / runs.MODEL_FILE).stat().st_mtime_ns == kept
    again: list[Any] = []
    watch = type("Watch", (), {"observe": lambda self, event: again.append(event)})()
    assert rnngen.compare(name="parts", resume=True, observers=[watch]).comparison == done
    assert again == []  # nothing is trained any more


def test_a_run_that_ended_before_it_was_measured_is_not_trained_again(text: str, home: Path):
    compare(text, sizes=[8])
    path = home / "both" / comparing.FILE
    facts = json.loads(path.read_text())
    removed = facts["results"].pop()
    path.write_text(json.dumps(facts))
    steps: list[Any] = []
    watch = type("Watch", (), {"observe": lambda self, event: steps.append(event)})()
    done = rnngen.compare(name="both", resume=True, observers=[watch]).comparison
    assert not any(isinstance(event, Step) for event in steps)
    assert done.results[-1].bits_per_byte == removed["bits_per_byte"]
    assert done.results[-1].peak_bytes is None  # what is held now says nothing of the training


def test_a_text_that_changed_is_an_error(text: str):
    stopped = compare(text, sizes=[8], **stop_at(10))
    assert not stopped.is_complete
    Path(text).write_text("another text\n\n" * 500)
    with pytest.raises(CorpusError, match="changed since the comparison began"):
        rnngen.compare(name="both", resume=True)


def test_parameters_choose_the_sizes(text: str):
    found = compare(text, parameters=15_000, seeds=1)
    by_cell = {result.candidate: result for result in found.results}
    assert by_cell["gru"].hidden_size > by_cell["lstm"].hidden_size
    for result in found.results:
        assert abs(result.parameters - 15_000) < 0.03 * 15_000
    assert "cannot be told from chance" in verdict(found)[0]


def test_the_probe_trains_a_little_model_a_cell(text: str, home: Path, monkeypatch):
    settings = {**probe.SETTINGS, "steps": 20, "hidden_size": 8, "embedding_dim": 8}
    monkeypatch.setattr(probe, "SETTINGS", {**settings, "device": "cpu", "precision": PRECISION})
    monkeypatch.setattr(probe, "CHARACTERS", 5_000)
    monkeypatch.setattr(probe, "WORDS", 8)
    found = compare(text, sizes=[8], seeds=1, probe=True)
    assert [each.cell for each in found.probes] == ["lstm", "gru"]
    for each in found.probes:
        model = rnngen.load(f"both/probe-{each.cell}")
        assert model.config.cell == each.cell
        assert model.config.ngrams == 1
    assert any("Probe, trained once" in sentence for sentence in verdict(found))
    assert [table.title for table in tables(found)][-1].startswith("Probe")
    assert rnngen.compare(name="both", resume=True).comparison == found


def test_what_stands_there_is_not_replaced_unasked(text: str, home: Path):
    compare(text, sizes=[8], seeds=1)
    with pytest.raises(CheckpointError, match="holds a comparison; go on with `resume`"):
        compare(text, sizes=[8], seeds=1)
    again = compare(text, sizes=[8], seeds=1, steps=30, overwrite=True)
    assert {result.steps for result in again.results} == {30}
    (home / "both" / comparing.FILE).unlink()
    with pytest.raises(CheckpointError, match="holds runs, such as gru-8-seed0"):
        compare(text, sizes=[8], seeds=1)


def test_what_cannot_be_compared_is_refused_before_anything_is_read(text: str, home: Path):
    for arguments, message in (
        ({"seeds": 0}, "`seeds` must be at least 1"),
        ({"parameters": 9000, "sizes": [8]}, "`parameters` chooses the sizes"),
        ({"seed": 3}, "`seed` is set by the comparison itself"),
        ({"hidden_size": 3}, "`hidden_size` is set by the comparison itself"),
        ({"steps": 5}, "`steps` must be at least 20"),
    ):
        with pytest.raises(ConfigError, match=message):
            compare(text, **arguments)
    with pytest.raises(ConfigError, match="name a text file to compare on"):
        compare("-")
    with pytest.raises(ConfigError, match="`resume` needs the comparison's `name`"):
        rnngen.compare(resume=True)
    with pytest.raises(CheckpointError, match="there is no comparison"):
        rnngen.compare(name="none", resume=True)
    assert not home.exists()


def test_a_text_without_enough_to_hold_out_is_an_error(tmp_path: Path):
    (tmp_path / "short.txt").write_text("a few words, no more than that. " * 9)
    with pytest.raises(
        CorpusError, match=r"too little text is held out to compare by: \d+ of 65 tokens"
    ):
        compare(str(tmp_path / "short.txt"), sizes=[8], seeds=1, documents="none")


def test_a_damaged_file_is_named(home: Path):
    (home / "both").mkdir(parents=True)
    for content in ("{", "[]", '{"paths": []}', '{"paths": [], "budget": {"steps": 20}}'):
        (home / "both" / comparing.FILE).write_text(content)
        with pytest.raises(CheckpointError, match=r"comparison.json: cannot be read"):
            rnngen.compare(name="both", resume=True)
