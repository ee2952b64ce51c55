"""Where the streams of groups are put: each once, with its own group only."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rnngen.model import groups
from rnngen.model.products import GROUP_BLOCK


@given(st.lists(st.integers(1, 100), min_size=1, max_size=20), st.integers(1, 80))
def test_every_stream_is_in_one_task_and_in_company_of_its_group_alone(
    sizes: list[int], most: int
) -> None:
    group_of = [group for group, size in enumerate(sizes) for _ in range(size)]
    found = []
    for rows, kept, size in groups.tasks(sizes, most):
        assert len(rows) % size == 0
        assert len(rows) <= max(most, size)
        for start in range(0, len(rows), size):
            assert len({group_of[row] for row in rows[start : start + size].tolist()}) == 1
        found += rows[kept].tolist()
    assert sorted(found) == list(range(sum(sizes)))


@given(st.lists(st.integers(1, 100), max_size=5), st.integers(1, 100))
def test_how_many_rows_are_multiplied_at_once_depends_on_the_group_alone(
    others: list[int], own: int
) -> None:
    def shapes(sizes: list[int], first: int) -> dict[int, int]:
        return {
            row - first: size
            for rows, kept, size in groups.tasks(sizes, 64)
            for row in rows[kept].tolist()
            if first <= row < first + own
        }

    assert shapes([*others, own], sum(others)) == shapes([own], 0)


def test_no_product_is_large_enough_for_blas_to_start_threads() -> None:
    assert max(size for *_, size in groups.tasks(range(1, 200), 64)) * GROUP_BLOCK <= 2**18
