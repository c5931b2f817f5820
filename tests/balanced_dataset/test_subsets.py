from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_galaxy import sample_rows

from tg_assets.balanced_dataset.subsets import Subset, SubsetError, check_names, select

SAMPLES = sample_rows(dict(zip(range(12), (3, 60, 9, 14, 1, 30, 22, 5, 40, 17, 2, 8), strict=True)))
NUMBERS = st.tuples(st.integers(1, 14), st.integers(1, 14)).map(sorted)


@given(NUMBERS, st.one_of(st.none(), st.integers(1, 20)))
@settings(max_examples=30, deadline=None)
def test_fewer_task_types_are_contained_in_more(numbers: list[int], cap: int | None) -> None:
    few, many = (select(SAMPLES, Subset("s", n, max_per_type=cap)).samples for n in numbers)
    assert set(few["sample_id"]) <= set(many["sample_id"])
    assert few["task_id"].n_unique() == min(numbers[0], 12)


@given(NUMBERS)
@settings(max_examples=30, deadline=None)
def test_a_lower_cap_is_contained_in_a_higher(numbers: list[int]) -> None:
    few, many = (select(SAMPLES, Subset("s", max_per_type=n)).samples for n in numbers)
    assert set(few["sample_id"]) <= set(many["sample_id"])
    assert few["task_id"].n_unique() == 12


@given(NUMBERS, st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_at_a_constant_number_of_images_the_task_types_nest(
    numbers: list[int], images: int
) -> None:
    few, many = (select(SAMPLES, Subset("s", n, images)) for n in numbers)
    assert set(few.samples["task_id"]) <= set(
        select(SAMPLES, Subset("s", numbers[1])).samples["task_id"]
    )
    for chosen in (few, many):
        assert chosen.samples.height == chosen.samples["image_id"].n_unique()
        assert chosen.samples.height == images or chosen.note is not None


def test_task_types_share_the_images_evenly() -> None:
    samples = sample_rows({0: 50, 1: 50, 2: 4}, images=1_000_003)
    chosen = select(samples, Subset("even", n_images=34)).samples
    sizes = sorted(chosen.group_by("task_id").len()["len"].to_list())
    assert sizes == [4, 15, 15]


def test_a_rare_task_type_keeps_the_image_it_shares_with_a_common_one() -> None:
    samples = sample_rows({0: 30, 1: 1}, images=30)
    assert samples["image_id"].n_unique() == 30
    chosen = select(samples, Subset("rare", n_images=30)).samples
    assert chosen["task_id"].n_unique() == 2


def test_asking_for_more_than_there_is_takes_all_and_says_so() -> None:
    result = select(SAMPLES, Subset("big", n_task_types=2000, n_images=100_000))
    assert result.note is not None
    assert result.note.startswith("subset 'big': asks for 2000 task types and takes all 12")
    assert "asks for 100000 images and takes all 50" in result.note
    assert select(SAMPLES, Subset("fine", n_task_types=3)).note is None


def test_task_types_left_without_an_image_are_said() -> None:
    note = select(SAMPLES, Subset("tiny", n_images=2)).note
    assert note == "subset 'tiny': 10 of its 12 task types are left without an image"


@pytest.mark.parametrize("settings_", [{"n_images": 0}, {"n_task_types": -1}, {"max_per_type": 0}])
def test_a_setting_below_one_is_refused_by_the_subset_s_name(settings_: dict[str, int]) -> None:
    with pytest.raises(SubsetError, match="subset 'odd'"):
        Subset("odd", **settings_)


@pytest.mark.parametrize("name", ["", "a/b", "..", "default", "with space"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(SubsetError, match="the name becomes a folder"):
        Subset(name)


def test_two_subsets_of_one_name_are_refused() -> None:
    with pytest.raises(SubsetError, match="'Types'"):
        check_names([Subset("types"), Subset("other"), Subset("Types")])
    with pytest.raises(SubsetError, match="'types'"):
        check_names([Subset("types"), Subset("types")])
    check_names([Subset("a"), Subset("b")])


def test_subsets_of_an_empty_dataset_are_empty() -> None:
    result = select(SAMPLES.clear(), Subset("none", 3, 5, 2))
    assert result.samples.is_empty()
    assert result.note is not None
