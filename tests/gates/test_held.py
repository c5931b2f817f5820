"""What waits behind a gate names the first that is closed on the way up, and why it is."""

from __future__ import annotations

import pytest
from planted_world import World

from tg_assets.walk import PassReport, walk

GOOD, BAD = "0000", "0001"


def passed(world: World, monkeypatch: pytest.MonkeyPatch) -> PassReport:
    world.register([GOOD, BAD], [GOOD])
    monkeypatch.setattr("tg_assets.walk._register", lambda *_: 0)
    monkeypatch.setattr("tg_assets.walk.build_defs", lambda *_: world.defs)
    return walk(world.galaxy, world.instance)


def test_a_shard_that_waits_names_what_failed_and_with_what(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.broken.add(("image_pool", BAD))
    held = passed(world, monkeypatch).held
    far_below = [line for line in held if line.startswith(f"scored_qa[{BAD}] does not run")]
    assert len(far_below) == 1
    assert f"it waits for image_pool[{BAD}]: never materialized" in far_below[0]
    assert "('image_pool', '0001') is broken" in far_below[0]


def test_what_a_check_stopped_names_the_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.faulty.add(("raw_qa", BAD))
    held = passed(world, monkeypatch).held
    (line,) = [line for line in held if line.startswith(f"referee_scores[{BAD}|ada]")]
    assert f"raw_qa[{BAD}] is closed: its checks failed" in line
    assert "planted" in line


def test_a_failed_cot_that_holds_back_publishing_is_named_with_the_way_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.broken.add(("cot_answers", None))
    (line,) = passed(world, monkeypatch).held
    assert line.startswith("published_dataset does not run: cot_answers[all] is closed")
    assert line.endswith("`cot: null` in the settings publishes without step-by-step answers")
