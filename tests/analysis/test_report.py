"""The result of a comparison in tables and sentences."""

from __future__ import annotations

from rnngen import controls
from rnngen.analysis.compare import Comparison
from rnngen.analysis.report import aligned, context_names, markdown, tables, verdict
from tests.analysis.results import made_comparison


def test_a_result_is_a_mean_and_its_deviation_over_seeds():
    overview, context, accuracy, _ = tables(made_comparison())
    assert overview.rows == [
        ["lstm", "2.0100 ± 0.0100", "4,000", "1 x 16", "300", "11", "30,000", "9,000", "400 MB"],
        ["gru", "2.2133 ± 0.0153", "3,000", "1 x 16", "300", "11", "30,000", "9,000", "-"],
    ]
    assert context.rows == [
        ["1", "4.010 ± 0.010", "4.213 ± 0.015"],
        ["2-3", "3.010 ± 0.010", "3.213 ± 0.015"],
        ["4-7", "2.510 ± 0.010", "2.713 ± 0.015"],
    ]
    assert accuracy.rows[2] == ["2", "0.750 ± 0.000", "0.750 ± 0.000"]
    assert accuracy.rows[-1] == ["5+", "0.600 ± 0.100", "0.600 ± 0.100"]


def test_the_probe_has_its_accuracies_and_its_reach():
    *_, probe = tables(made_comparison())
    assert probe.head == ["characters back", "lstm", "gru"]
    assert probe.rows[5] == ["9", "0.70", "0.40"]
    assert probe.rows[-1] == ["reach", "13", "7"]
    assert len(list(tables(made_comparison(probe=False)))) == 3


def test_the_verdict_says_what_was_found_and_what_was_not_measured():
    sentences = verdict(made_comparison())
    assert sentences[0].startswith("lstm is better than gru by 0.2033 bits per byte")
    assert sentences[1].startswith("Probe, trained once: a symbol is held by lstm 13 characters")
    assert sentences[1].endswith("and gru 7 characters back.")
    assert sentences[2].startswith("Rule: ")
    assert "300 steps each, on a|b.txt (20,000 bytes, 2,000 tokens held out)" in sentences[3]
    assert sentences[4].startswith("Not measured: other texts")


def test_bins_of_context_have_names():
    assert context_names()[:4] == ["1", "2-3", "4-7", "8-15"]
    assert context_names()[-1] == "1024+"


def test_columns_of_a_terminal_are_aligned():
    title, *lines, _ = aligned(next(iter(tables(made_comparison()))))
    assert title == "Held-out loss, speed and size"
    assert len({len(line) for line in lines}) == 1


def test_markdown_has_every_table_and_escapes_names():
    page = markdown(made_comparison(), "a|b <i>")
    assert page.startswith("# a\\|b \\<i\\>: a comparison\n")
    for table in tables(made_comparison()):
        assert f"## {table.title}" in page
    rows = [line for line in page.splitlines() if line.startswith("| lstm | 2.0100")]
    assert len(rows) == 1
    assert "on a\\|b.txt" in page
    assert "- both/lstm-seed0" in page


def test_a_comparison_is_read_back_as_it_was_written():
    made = made_comparison()
    assert Comparison.from_dict(made.to_dict()) == made


def test_no_name_in_a_report_steers_a_terminal_or_breaks_a_line():
    hostile = "a\x1b]52;c;aGk=\x07\x9b2J\u202eb\u2028c\nd\r"
    page = markdown(made_comparison(), hostile)
    assert r"\x1b\]52" in page.splitlines()[0]
    assert not controls.CONTROLS.search(page)
    assert "\u2028" not in page
