from __future__ import annotations

import pytest
import yaml
from small_galaxy import facts, galaxy

from tg_assets.balanced_dataset.card import render_card
from tg_assets.balanced_dataset.facts import (
    DroppedFacts,
    SubsetFacts,
    count_sources,
    dropped_facts,
)
from tg_assets.balanced_dataset.licences import LICENCES

SAMPLES = galaxy().samples


def front_matter(card: str) -> dict[str, object]:
    assert card.startswith("---\n")
    loaded: dict[str, object] = yaml.safe_load(card.split("\n---\n")[0].removeprefix("---\n"))
    return loaded


def test_hugging_face_reads_the_front_matter() -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.DatasetCard(render_card(facts(), SAMPLES))
    data = card.data.to_dict()
    assert data["license"] == "cc-by-4.0"
    assert data["size_categories"] == ["n<1K"]
    assert "visual-question-answering" in data["task_categories"]
    assert data["pretty_name"] == "TaskGalaxy test"


@pytest.mark.parametrize("licence", sorted(LICENCES))
def test_every_licence_has_an_identifier_in_lower_case(licence: str) -> None:
    front = front_matter(render_card(facts(resulting_licence=licence), SAMPLES))
    identifier = str(front["license"])
    assert identifier == identifier.lower()
    assert (identifier == "other") == ("license_name" in front)


def test_the_card_states_the_cost_in_all_and_what_is_missing() -> None:
    card = render_card(facts(), SAMPLES)
    assert "**Cost:** $1.25 for 300 requests and 129,000 tokens in all." in card
    assert "| balanced_dataset | score below 2 | 40 |" in card
    assert "| image_pool | shard-0007 | check failed: too_many_bad |" in card
    assert "> **Notice:** The built-in model wrote part of this." in card
    assert "Referees: glm, internvl, internvl2." in card


def test_a_licence_conflict_is_shown() -> None:
    card = render_card(facts(licence_conflict="A and B do not go together"), SAMPLES)
    assert "> **Licences in conflict:** A and B do not go together." in card


def test_text_from_outside_cannot_break_a_table_or_become_html() -> None:
    odd = DroppedFacts("stage", "a | b\n| c <script>alert(1)</script> `x", 3)
    card = render_card(facts(dropped=(odd,)), SAMPLES)
    (line,) = [line for line in card.splitlines() if line.startswith("| stage | a ")]
    assert line == "| stage | a \\| b \\| c &lt;script>alert(1)&lt;/script> `x | 3 |"
    assert "<script" not in card


def test_a_name_that_looks_like_yaml_stays_a_name() -> None:
    name = "galaxy: [1]\n---\nlicense: mit"
    front = front_matter(render_card(facts(name=name), SAMPLES))
    assert front["pretty_name"] == "galaxy: [1] --- license: mit"
    assert front["license"] == "cc-by-4.0"


def test_an_empty_dataset_has_a_card() -> None:
    card = render_card(facts(sources=(), funnel=(), models=(), ledger=()), SAMPLES.clear())
    assert "0 questions with answers about 0 images" in card


def test_a_subset_s_note_is_in_the_card() -> None:
    subset = SubsetFacts("types-2k", 10, 5, 7, "takes all 5 there are")
    assert "| types-2k | 10 | 5 | 7 | takes all 5 there are |" in render_card(
        facts(subsets=(subset,)), SAMPLES
    )


def test_sources_are_counted_in_images_not_in_samples() -> None:
    made = galaxy(images=9, licences=("MIT", "CC-BY-4.0"))
    sources = {(s.licence, s.images) for s in count_sources(made.samples)}
    assert sources == {("MIT", 5), ("CC-BY-4.0", 4)}


def test_reasons_that_struck_nothing_are_not_listed() -> None:
    import polars as pl

    dropped = pl.DataFrame({"stage": ["a", "a"], "reason": ["x", "y"], "count": [0, 2]})
    assert dropped_facts(dropped) == (DroppedFacts("a", "y", 2),)
