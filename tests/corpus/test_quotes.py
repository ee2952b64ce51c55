"""Quotation marks in tables: quoting where the whole file says so, else text."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen.corpus import open_corpus
from rnngen.errors import ConfigError, CorpusError

from .texts import whole, write


def table(delimiter: str, rows: list[str]) -> bytes:
    """Rows with a number and a word before the text."""
    lines = [f"{n}{delimiter}eng{delimiter}{row}" for n, row in enumerate(rows)]
    return "\n".join([delimiter.join(["id", "lang", "text"]), *lines, ""]).encode()


def read(path: str, **reading: str) -> tuple[list[str], tuple[str, ...]]:
    corpus = open_corpus([path], column="text", **reading)
    return whole(corpus.pieces()), corpus.notes


PLAIN = [f"Line number {n} is here." for n in range(60)]
AS_TEXT = "quotation marks are read as text"
AS_QUOTING = "quotation marks are taken as quoting"


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_a_mark_that_opens_and_another_far_below_swallow_nothing(
    tmp_path: Path, delimiter: str
) -> None:
    rows = [*PLAIN]
    rows[10], rows[50] = '"Never again she wrote', 'The shelf is deep: 6"'
    path = write(tmp_path, table(delimiter, rows), "x.tsv" if delimiter == "\t" else "x.csv")
    found, notes = read(path)
    assert found == rows
    assert AS_TEXT in notes[0]
    assert len(read(path, quoting="csv")[0]) == 20
    assert read(path, quoting="none") == (rows, ())


def test_marks_around_a_word_at_the_start_are_text(tmp_path: Path) -> None:
    rows = [*PLAIN, '"Wait," said the driver, "the bus is full."']
    found, notes = read(write(tmp_path, table("\t", rows), "x.tsv"))
    assert found == rows
    assert AS_TEXT in notes[0]


def test_a_mark_that_never_closes_is_text_in_tsv(tmp_path: Path) -> None:
    rows = [*PLAIN, '"Never again', "and so on"]
    assert read(write(tmp_path, table("\t", rows), "x.tsv"))[0] == rows


def test_marks_of_a_spreadsheet_are_quoting(tmp_path: Path) -> None:
    rows = [*PLAIN, '"He said ""no"""', '"two\nlines"', '"a\ttab"']
    found, notes = read(write(tmp_path, table("\t", rows), "x.tsv"))
    assert found == [*PLAIN, 'He said "no"', "two\nlines", "a\ttab"]
    assert AS_QUOTING in notes[0]
    assert read(write(tmp_path, table("\t", rows[:-2]), "y.tsv"), quoting="none")[0] == rows[:-2]


def test_marks_within_a_text_make_no_difference_and_nothing_is_said(tmp_path: Path) -> None:
    rows = [*PLAIN, 'The shelf is 6" deep']
    assert read(write(tmp_path, table("\t", rows), "x.tsv")) == (rows, ())


def test_a_row_of_another_width_makes_marks_text(tmp_path: Path) -> None:
    rows = ['"one"', *PLAIN[:3]]
    data = table("\t", rows) + b"short\n"
    found, notes = read(write(tmp_path, data, "x.tsv"))
    assert found == rows
    assert AS_TEXT in notes[0]


def test_poems_of_many_lines_in_csv_are_whole(tmp_path: Path) -> None:
    poems = [f'"old pond\na frog, number {n}\nthe sound of water"' for n in range(30)]
    found, notes = read(write(tmp_path, table(",", poems), "x.csv"))
    assert found == [poem.strip('"') for poem in poems]
    assert notes == ()


def test_rows_that_are_too_short_hide_no_swallowed_ones_in_csv(tmp_path: Path) -> None:
    rows = [*PLAIN]
    rows[10], rows[50] = '"Never again she wrote', 'The shelf is deep: 6"'
    found, notes = read(write(tmp_path, table(",", rows) + b"60,eng\n\n", "x.csv"))
    assert found == rows
    assert AS_TEXT in notes[0]


def test_a_mark_far_down_a_long_table_swallows_nothing(tmp_path: Path) -> None:
    rows = PLAIN * 400
    rows[20_001], rows[20_050] = '"Never again she wrote', 'The shelf is deep: 6"'
    assert read(write(tmp_path, table("\t", rows), "x.tsv"))[0] == rows


def test_lines_with_as_many_tabs_as_a_row_are_text_where_they_look_like_none(
    tmp_path: Path,
) -> None:
    rows = [*PLAIN, '"a\nb\tc\td\ne\tf\tg"']
    found, notes = read(write(tmp_path, table("\t", rows), "x.tsv"))
    assert found == [*PLAIN, "a\nb\tc\td\ne\tf\tg"]
    assert AS_QUOTING in notes[0]


def test_two_lines_that_may_be_one_row_or_two_are_refused(tmp_path: Path) -> None:
    rows = [*PLAIN[:5], '"Never again', 'or so"', *PLAIN[5:]]
    path = write(tmp_path, table("\t", rows), "x.tsv")
    with pytest.raises(CorpusError, match=rf"^{path}, lines 7 and 8: a quote opens in the one"):
        read(path)
    assert read(path, quoting="none")[0] == rows


def test_a_broken_quote_in_csv_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,text\n1,a\n2,"b" c\n', "x.csv")
    with pytest.raises(CorpusError, match=r"x\.csv, line 3: .*`quoting` none"):
        read(path)
    assert read(path, quoting="none")[0] == ["a", '"b" c']


def test_a_kind_of_quoting_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, table("\t", PLAIN), "x.tsv")
    with pytest.raises(ConfigError, match="`quoting` must be one of auto, none, csv, got all"):
        read(path, quoting="all")
