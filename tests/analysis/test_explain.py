"""An explanation: what it says of a text is what the model does with it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from rnngen.analysis.explain import MOST_TOKENS, START, explain, to_dict
from rnngen.analysis.units import LEAST_TOKENS
from rnngen.api import LanguageModel
from rnngen.config import CELLS
from rnngen.errors import ConfigError, CorpusError
from rnngen.model.labels import Labels
from tests.models import labelled_model, small_model

TEXT = 'old pond\n"a frog" leaps'


@pytest.fixture(params=CELLS)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    return LanguageModel(small_model(cell=request.param, num_layers=2))


def test_surprise_is_that_of_a_score(model: LanguageModel):
    found = model.explain(TEXT)
    score = model.score(TEXT)  # also of the end token, which is none of the text
    end = -math.log2(next(each.probability for each in _all(model, TEXT).next if each.ends))
    assert found.bits.sum() == pytest.approx(score.nats / math.log(2) - end, rel=1e-5)
    assert found.bits_per_character == pytest.approx(found.bits.sum() / len(TEXT))
    assert found.tokens == list(TEXT)


def _all(model: LanguageModel, text: str):
    return model.explain(text, top=257)


def test_alternatives_are_the_likeliest_tokens_and_what_came_is_among_them(model: LanguageModel):
    few, every = model.explain(TEXT, top=3), _all(model, TEXT)
    for index, (place, whole) in enumerate(zip(few.alternatives, every.alternatives, strict=True)):
        assert place == whole[:3]
        assert sum(each.probability for each in whole) == pytest.approx(1)
        probabilities = [each.probability for each in whole]
        assert probabilities == sorted(probabilities, reverse=True)
        [came] = [each for each in whole if each.text == TEXT[index] and not each.ends]
        assert -math.log2(came.probability) == pytest.approx(float(every.bits[index]), abs=1e-5)
    assert sum(each.ends for each in every.next) == 1


def test_the_beginning_of_a_text_is_explained_as_the_whole_is(model: LanguageModel):
    """What a model does at a place depends on nothing that comes later."""
    part, whole = model.explain(TEXT[:8]), model.explain(TEXT)
    assert np.allclose(part.bits, whole.bits[:8], atol=1e-5)
    assert np.allclose(part.connectivity, whole.connectivity[:8, :8], atol=1e-5)
    for one, other in zip(part.gates, whole.gates, strict=True):
        for name, values in one.items():
            assert np.allclose(values, other[name][:8], atol=1e-5)
    assert [each.text for each in part.next] == [each.text for each in whole.alternatives[8]]


def test_strips_are_means_and_the_units_that_move_most(model: LanguageModel):
    found = model.explain(TEXT)
    for strip in found.strips():
        assert ((strip.values >= 0) & (strip.values <= 1)).all()
    gate = "forget" if found.cell == "lstm" else "update"
    values = found.gates[1][gate]
    mean, *units = [s for s in found.strips() if (s.layer, s.name) == (1, gate)]
    assert np.allclose(mean.values, values.mean(1))
    assert mean.unit is None
    assert {s.unit for s in units} == set(np.argsort(-values.std(0))[:2].tolist())
    for strip in units:
        assert np.allclose(strip.values, values[:, strip.unit])


def test_the_strongest_connections_are_named_with_their_effect(model: LanguageModel):
    found = model.explain(TEXT)
    strongest = found.strongest(9, 4)
    row = found.connectivity[9]
    assert sorted(row[:10])[-4:] == sorted(row[j] for j, _ in strongest)
    assert all(effect == found.effect_bits[9, j] for j, effect in strongest)
    assert found.strongest(0, 4) == [(0, found.effect_bits[0, 0])]
    assert (found.input_text(0), found.input_text(3)) == (START, TEXT[2])


def test_reach_is_the_distance_within_which_half_of_the_connectivity_lies(model: LanguageModel):
    found = model.explain(TEXT)
    rows, columns = np.tril_indices(len(TEXT))
    back = rows - columns + 1  # the character just before is 1 back
    weight = found.connectivity[rows, columns]
    for share in (0.3, 0.5, 0.9):
        reach = found.reach(share)
        assert weight[back <= reach].sum() >= share * weight.sum() * (1 - 1e-6)
        assert weight[back < reach].sum() < share * weight.sum()


def test_units_are_measured_on_another_text_if_there_is_one(model: LanguageModel):
    on = ['"so" it was said\nand so on ' * 9]
    found = model.explain("pond", on=on)
    assert (found.measured_on, found.missing) == ("another text", [])
    assert len(found.activity.memory) == len(on[0])
    alone = model.explain("pond")
    assert len(alone.activity.memory) == 4 < LEAST_TOKENS
    assert alone.measured_on == "the text itself"
    assert alone.followers == []


def test_a_text_is_read_as_training_text_is(model: LanguageModel):
    assert model.explain("\n\n old\r\npond\n").text == " old\npond"
    continuous = LanguageModel(small_model(continuous=True))
    assert continuous.explain("old\r\npond\n").text == "old\npond\n"


def test_the_dictionary_is_json_without_nan_and_has_all_arrays(model: LanguageModel):
    found = model.explain(TEXT)
    facts = json.loads(json.dumps(to_dict(found), allow_nan=False))
    size = len(TEXT)
    assert np.shape(facts["connectivity"]) == np.shape(facts["effect_bits"]) == (size, size)
    assert [set(layer) for layer in facts["gates"]] == [set(layer) for layer in found.gates]
    for layer, mine in zip(facts["gates"], found.gates, strict=True):
        for name, values in layer.items():
            assert np.allclose(values, mine[name], atol=1e-4)
    assert np.shape(facts["time_constants"]) == (2, 8)
    assert [len(place) for place in facts["expected"]] == [5] * size


def test_a_time_constant_without_end_is_null_in_json(model: LanguageModel):
    found = model.explain(TEXT)
    found.activity.kept[0][:] = 1
    assert to_dict(found)["time_constants"][0] == [None] * 8


def test_what_cannot_be_explained_is_refused(model: LanguageModel):
    for text in ("", " \n "):
        with pytest.raises(CorpusError, match="there is no text to explain"):
            model.explain(text)
    with pytest.raises(CorpusError, match=r"2,001 tokens.*up to 2,000"):
        model.explain("x" * (MOST_TOKENS + 1))
    for top in (0, 258):
        with pytest.raises(ConfigError, match=f"`top` must be from 1 to 257, got {top}"):
            model.explain("pond", top=top)
    with pytest.raises(CorpusError, match="`on` has no text"):
        model.explain("pond", on=[" "])


def test_bytes_of_a_character_are_written_as_bytes(model: LanguageModel):
    found = model.explain("né")
    assert found.tokens == ["n", "\\xc3", "\\xa9"]
    assert found.bits.shape == (3,)
    assert found.activity.characters_per_token == pytest.approx(2 / 3)


def test_characters_the_model_has_never_seen_are_named():
    model = small_model()
    model.tokenizer.seen[:] = False
    model.tokenizer.seen[list(b"old p")] = True
    found = explain(
        model.config, model.weights, model.tokenizer, "old pond", start_id=model.start_id
    )
    assert found.unseen == ["n"]


@pytest.fixture
def labelled() -> LanguageModel:
    return LanguageModel(labelled_model("poem", "news", ""))


@pytest.mark.parametrize("label", ["poem", ""])
def test_a_text_with_a_label_is_read_as_one_of_it(labelled: LanguageModel, label: str):
    found = labelled.explain(TEXT, label=label, top=260)
    end = -math.log2(next(each.probability for each in found.next if each.ends))
    bits = labelled.score(TEXT, label=label).nats / math.log(2)
    assert found.bits.sum() == pytest.approx(bits - end, rel=1e-5)
    assert found.label == label
    assert found.input_text(0) == found.begins_with == f"\u27e8{label}\u27e9"
    assert found.input_text(1) == "o"
    assert found.tokens == list(TEXT)
    assert found.gates[0]["forget"].shape == (len(TEXT), 8)


def test_a_label_is_shown_by_its_name(labelled: LanguageModel):
    place = labelled.explain(TEXT, label="poem", top=260).next
    names = [each.text for each in place if not each.ends]
    assert "" not in names
    assert {"\u27e8poem\u27e9", "\u27e8news\u27e9", "\u27e8\u27e9"} <= set(names)


def test_without_a_label_a_text_is_read_as_one_of_its_likeliest(labelled: LanguageModel):
    labels = Labels(labelled.runtime, labelled.tokenizer)
    chosen = set()
    for text in ("old pond", "x", "zzzz", "a frog", "12345", "QQQ"):
        logs = {}
        for name, log in zip(labels.names, labels.logs, strict=True):
            found = labelled.explain(text, label=name)
            logs[name] = log - found.bits.sum() * math.log(2)
        likeliest = labelled.explain(text)
        assert likeliest.label == max(logs, key=lambda name: logs[name])
        assert np.array_equal(likeliest.bits, labelled.explain(text, label=likeliest.label).bits)
        chosen.add(likeliest.label)
    assert len(chosen) > 1


def test_units_of_a_model_with_labels_are_measured_after_the_label(labelled: LanguageModel):
    """The text itself has the memory that was measured."""
    found = labelled.explain(TEXT, label="news")
    memory = np.concatenate([layer["cell"] for layer in found.gates], -1)
    assert np.allclose(found.activity.memory, memory, atol=1e-6)


def test_a_label_that_is_not_there_is_refused(labelled: LanguageModel, model: LanguageModel):
    with pytest.raises(ConfigError, match="`label` 'poems' is none of the model's"):
        labelled.explain(TEXT, label="poems")
    with pytest.raises(ConfigError, match="the model has no labels"):
        model.explain(TEXT, label="poem")
