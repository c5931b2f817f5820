from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.balanced_dataset.licences import LICENCES, normalise, resulting_licence

NAMES = st.sampled_from(sorted(LICENCES))
LISTS = st.lists(NAMES, min_size=1, max_size=6)


def strictness(name: str) -> int:
    return LICENCES[name].strictness


@given(LISTS, NAMES)
def test_another_licence_never_makes_the_whole_laxer(licences: list[str], more: str) -> None:
    before, after = resulting_licence(licences), resulting_licence([*licences, more])
    assert strictness(after.licence) >= strictness(before.licence)
    assert LICENCES[after.licence].conditions >= LICENCES[before.licence].conditions


@given(LISTS)
def test_the_whole_sets_every_condition_of_every_part(licences: list[str]) -> None:
    result = LICENCES[resulting_licence(licences).licence]
    for name in licences:
        assert result.conditions >= LICENCES[name].conditions
        assert result.strictness >= LICENCES[name].strictness


@given(LISTS, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(licences: list[str], dice: random.Random) -> None:
    shuffled = [*licences, dice.choice(licences)]
    dice.shuffle(shuffled)
    assert resulting_licence(shuffled) == resulting_licence(licences)


@given(LISTS)
def test_the_resulting_licence_is_its_own_result(licences: list[str]) -> None:
    result = resulting_licence(licences).licence
    assert resulting_licence([result]).licence == result
    assert resulting_licence([*licences, result]).licence == result


@given(NAMES)
def test_a_licence_alone_stays_itself_without_conflict(name: str) -> None:
    result = resulting_licence([name])
    assert (result.licence, result.conflict) == (name, None)


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["CC0-1.0", "MIT"], "MIT"),
        (["CC-BY-4.0", "Apache-2.0"], "CC-BY-4.0"),
        (["CC-BY-SA-4.0", "CC-BY-NC-4.0"], "CC-BY-NC-SA-4.0"),
        (["CC-BY-2.0", "CC0-1.0"], "CC-BY-2.0"),
        (["CC-BY-2.0", "CC-BY-4.0"], "CC-BY-4.0"),
        (["CC-BY-NC-SA-3.0", "CC-BY-ND-4.0"], "CC-BY-NC-ND-4.0"),
        (["CC-BY-NC-ND-4.0", "research-only"], "research-only"),
        (["proprietary", "unknown"], "unknown"),
        (["MIT", "something of my own"], "unknown"),
        ([], "unknown"),
    ],
)
def test_conditions_add_up(licences: list[str], expected: str) -> None:
    assert resulting_licence(licences).licence == expected


@pytest.mark.parametrize(
    ("licences", "conflict"),
    [
        (["CC-BY-SA-4.0", "ODbL-1.0"], True),
        (["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"], True),
        (["CC-BY-SA-4.0", "CC-BY-NC-4.0"], True),
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], False),
        (["CC-BY-SA-4.0", "GPL-3.0"], False),
        (["CC-BY-SA-4.0", "MIT", "CC0-1.0"], False),
    ],
)
def test_share_alike_terms_that_cannot_all_be_met_are_reported(
    licences: list[str], conflict: bool
) -> None:
    found = resulting_licence(licences).conflict
    assert (found is not None) is conflict
    if found is not None:
        assert "CC-BY-SA-4.0 ask" in found


def test_a_licence_that_is_not_known_is_named() -> None:
    assert "'Foo Licence 7'" in resulting_licence(["MIT", "Foo Licence 7"]).because


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC BY 4.0", "CC-BY-4.0"),
        ("cc_by_nc_sa", "CC-BY-NC-SA-4.0"),
        ("CC BY-SA 3.0 Unported", "CC-BY-SA-3.0"),
        ("cc-by-sa-3.0-us", "CC-BY-SA-3.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/2.0/", "CC-BY-NC-ND-2.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International License", "CC-BY-SA-4.0"),
        ("Creative Commons Attribution-NonCommercial-NoDerivs 2.0", "CC-BY-NC-ND-2.0"),
        ("Public Domain", "public-domain"),
        ("MIT License", "MIT"),
        ("Apache License 2.0", "Apache-2.0"),
        ("GPL-3.0-or-later", "GPL-3.0"),
        ("odbl", "ODbL-1.0"),
        ("All rights reserved", "proprietary"),
        ("", "unknown"),
    ],
)
def test_common_spellings_are_known(text: str, name: str) -> None:
    assert normalise(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "CC-BY-4.0-NC",
        "CC-BY-4.0 except for the logos",
        "cc-by-nc-sa-nd",
        "https://creativecommons.org/licenses/sampling+/1.0/",
        "https://creativecommons.org/publicdomain/other/1.0/",
        "not CC0",
    ],
)
def test_what_is_not_quite_a_known_licence_is_not_taken_for_it(text: str) -> None:
    assert strictness(normalise(text)) > strictness("CC-BY-NC-4.0")


@given(NAMES)
def test_every_name_is_read_back_in_any_case(name: str) -> None:
    assert normalise(name) == normalise(name.upper()) == normalise(f" {name.lower()} ") == name
    assert normalise(LICENCES[name].hugging_face) in (name, "unknown")
