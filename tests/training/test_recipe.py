"""The recipe: a whole plan from what is known, with reasons, and the user's word above it."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.config import ModelConfig, TrainConfig
from rnngen.errors import ConfigError
from rnngen.model.shapes import parameter_count
from rnngen.training.recipe import choose
from rnngen.training.situation import Situation

situations = st.builds(
    Situation,
    num_tokens=st.integers(1, 10**9),
    held_out=st.integers(1, 10**8),
    vocab_size=st.integers(2, 60_000),
    cores=st.integers(1, 128),
    device=st.sampled_from(["cpu", "cuda", "mps"]),
)
budgets = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"minutes": st.floats(0.01, 1e4)}),
    st.fixed_dictionaries({"epochs": st.floats(0.01, 1e4)}),
    st.fixed_dictionaries({"steps": st.integers(1, 10**6)}),
)


def shakespeare(minutes: float = 3.0, **given: object):
    return choose(Situation(1_003_854, 111_540, 257, cores=2), {"minutes": minutes, **given})


@given(situations, budgets)
def test_every_situation_gets_a_valid_plan_that_fits_the_text(situation, budget):
    plan = choose(situation, budget)
    assert plan.train.batch_size <= situation.num_tokens
    assert plan.train.seq_len <= situation.num_tokens
    assert plan.model.embedding_dim == plan.model.hidden_size
    settings = plan.model.to_dict() | plan.train.to_dict()
    assert plan.reasons.keys() <= settings.keys()
    assert all(plan.reasons.values())


GIVEN = {
    "cell": "gru",
    "num_layers": 3,
    "hidden_size": 100,
    "embedding_dim": 50,
    "dropout": 0.37,
    "tie_weights": False,
    "batch_size": 7,
    "seq_len": 9,
    "learning_rate": 0.0123,
    "ngram_rate": 3.5,
    "warmup_steps": 3,
    "weight_decay": 0.5,
    "evaluations": 2,
    "valid_tokens": 17,
    "minutes": 1.5,
    "epochs": 2.0,
    "seed": 5,
    "patience": 0,
    "clip": 0.25,
    "norm": False,
    "ngrams": 4,
    "ngram_buckets": 321,
    "ngram_dim": 9,
}


@given(situations, st.sets(st.sampled_from(sorted(GIVEN))))
def test_what_the_user_gives_is_taken(situation, names):
    given = {name: GIVEN[name] for name in names}
    plan = choose(dataclasses.replace(situation, num_tokens=max(situation.num_tokens, 7)), given)
    settings = plan.model.to_dict() | plan.train.to_dict()
    assert {name: settings[name] for name in given} == given
    assert all(plan.reasons[n] == "as asked" for n in names & plan.reasons.keys())


def test_more_time_and_more_text_make_a_larger_model():
    sizes = [parameter_count(shakespeare(minutes).model) for minutes in (1, 3, 10, 60)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    by_text = [choose(Situation(n, n // 9, 257, cores=2), {"minutes": 10}) for n in (2000, 10**6)]
    assert parameter_count(by_text[0].model) < parameter_count(by_text[1].model)


def test_runs_of_words_are_shorter_and_their_embeddings_more_than_those_of_characters():
    char, words = shakespeare(), choose(Situation(10**7, 10**6, 3000, cores=2), {"minutes": 3.0})
    assert (char.model.ngrams, words.model.ngrams) == (4, 3)
    assert char.model.ngram_buckets < words.model.ngram_buckets
    assert char.train.ngram_rate > words.train.ngram_rate
    again = choose(Situation(400_000, 10**4, 3000, cores=2), {"minutes": 60.0})
    assert (again.model.ngrams, "by heart" in again.reasons["ngrams"]) == (1, True)
    again = shakespeare(30)
    assert (again.model.ngrams, "by heart" in again.reasons["ngrams"]) == (2, True)
    few = choose(Situation(60_000, 6000, 257), {"ngrams": 2})
    assert few.model.ngram_buckets < char.model.ngram_buckets
    assert choose(Situation(60_000, 6000, 257), {}).model.ngrams == 1
    assert "ngram_rate" not in shakespeare(ngrams=1).reasons


def test_a_trained_model_keeps_its_runs_and_learns_few_by_heart():
    trained = ModelConfig(3000, ngrams=3, ngram_buckets=50, ngram_dim=7)
    plan = choose(Situation(10**5, 10**4, 3000, pretrained=trained), {})
    assert plan.model == dataclasses.replace(trained, dropout=plan.model.dropout)
    assert plan.train.ngram_rate < 1
    with pytest.raises(ConfigError, match="`ngram_dim` cannot be 8"):
        choose(Situation(10**5, 10**4, 3000, pretrained=trained), {"ngram_dim": 8})


def test_a_trained_model_without_runs_gets_none():
    plan = choose(Situation(10**5, 10**4, 300, pretrained=ModelConfig(300)), {})
    assert plan.model.ngrams == 1
    assert not [name for name in plan.reasons if name.startswith("ngram_")]


def test_many_passes_over_a_small_text_bring_dropout():
    assert shakespeare(3).model.dropout < shakespeare(300).model.dropout


def test_a_text_shorter_than_a_batch_gets_a_smaller_batch_and_hears_of_it():
    plan = choose(Situation(40, 4, 257), {"batch_size": 64})
    assert plan.train.batch_size == 40
    assert "only 40" in plan.reasons["batch_size"]


def test_little_time_does_not_go_into_reading_held_out_text():
    plan = choose(Situation(65_000_000, 7_000_000, 257, cores=2), {"minutes": 10})
    assert 0 < plan.train.valid_tokens < 1_000_000
    assert shakespeare().train.valid_tokens == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hidden_size": 0}, "`hidden_size` must be a whole number, at least 1, got 0"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1, got 1.0"),
        ({"cell": "rnn"}, "`cell` must be one of lstm, gru, got rnn"),
        ({"minutes": -1.0}, "`minutes` must be above 0, got -1.0"),
        ({"batch_size": 0}, "`batch_size` must be a whole number, at least 1, got 0"),
        ({"seq_len": 0}, "`seq_len` must be a whole number, at least 1, got 0"),
        ({"steps": 0}, "`steps` must be a whole number, at least 1, got 0"),
        ({"hidden_size": "big"}, "`hidden_size` must be a whole number"),
        ({"learning_rate": float("nan")}, "`learning_rate` must be above 0, got nan"),
        ({"precision": "fp8"}, "`precision` must be one of auto, fp32, bf16, got fp8"),
        ({"tie_weights": True, "embedding_dim": 4, "hidden_size": 8}, "`tie_weights` must be off"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_option(given, message):
    with pytest.raises(ConfigError) as caught:
        choose(Situation(10_000, 1_000, 257), given)
    assert message in str(caught.value)


def test_the_reason_for_a_size_is_what_bounds_it():
    little, much = Situation(2_000, 200, 60), Situation(10**8, 10**6, 60, cores=2)
    for situation, fixed, why in [
        (little, {}, "as large as the text supports"),
        (
            Situation(200_000, 20_000, 60, cores=64),
            {"minutes": 60},
            "as large as the text supports",
        ),
        (much, {"steps": 100}, "as large as these steps support"),
        (much, {"minutes": 1}, "as large as the time allows"),
    ]:
        assert choose(situation, fixed).reasons["hidden_size"] == why


def test_every_setting_is_explained():
    for config in (ModelConfig, TrainConfig):
        for field in dataclasses.fields(config):
            assert config.help(field.name).endswith(".")


def test_a_pretrained_model_keeps_its_shape_and_learns_gently():
    pretrained = ModelConfig(300, cell="gru", hidden_size=100, embedding_dim=50, num_layers=3)
    situation = Situation(100_000, 10_000, 310, pretrained=pretrained)
    plan = choose(situation, {"dropout": 0.3})
    assert plan.model == dataclasses.replace(pretrained, vocab_size=310, dropout=0.3)
    new = choose(dataclasses.replace(situation, pretrained=None), {"hidden_size": 100})
    assert plan.train.learning_rate < new.train.learning_rate
    assert (plan.train.epochs or 0) < (new.train.epochs or 0)
    assert plan.train.batch_size < new.train.batch_size  # few passes are still many steps
    larger = choose(dataclasses.replace(situation, num_tokens=10**6), {"dropout": 0.3})
    assert larger.train.batch_size == new.train.batch_size
    assert plan.train.learning_rate < larger.train.learning_rate < new.train.learning_rate
    assert choose(situation, {"hidden_size": 100}).model.hidden_size == 100
    with pytest.raises(ConfigError, match="`norm` cannot be False"):
        choose(situation, {"norm": False})
