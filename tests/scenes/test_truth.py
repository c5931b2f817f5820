"""The parts of a scene's truth agree with each other."""

import re

import numpy as np

from tg_assets.scenes.families.worlds import library_of, world_of
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.render import compose
from tg_assets.task_space.grids import CELLS, RELATIVE
from tg_assets.task_space.instance import Asked
from tg_assets.task_space.instancing import ask_about


def _documents(kind: str, count: int = 200) -> list[Scene]:
    scenes = [compose("documents", seed) for seed in range(count)]
    return [s for s in scenes if s.facts["document"] == kind]


def test_receipts_add_up() -> None:
    for scene in _documents("receipt"):
        facts = scene.facts
        assert all(r["quantity"] * r["unit"] == r["total"] for r in facts["rows"])
        assert sum(r["total"] for r in facts["rows"]) == facts["subtotal"]
        assert abs(facts["subtotal"] * facts["tax_rate"] / 100 - facts["tax"]) <= 0.5
        assert facts["subtotal"] + facts["tax"] == facts["total"]
        assert facts["paid"] - facts["total"] == facts["change"]
        printed = [
            round(100 * float(o.attributes["text"].removeprefix("$")))
            for o in scene.objects
            if o.attributes.get("role") == "item price"
        ]
        assert sum(printed) == facts["subtotal"]


def test_every_field_is_printed() -> None:
    for seed in range(60):
        scene = compose("documents", seed)
        printed = " ".join(o.attributes["text"] for o in scene.objects)
        for role, text in scene.facts["fields"].items():
            if role != "shop name":  # printed in two lines
                assert text in printed, (seed, role)


def test_departures_follow_each_other() -> None:
    for scene in _documents("timetable"):
        times = [r["time"] for r in scene.facts["rows"]]
        assert times == sorted(set(times))


def test_charts_show_the_values_they_state() -> None:
    for seed in range(120):
        scene = compose("charts", seed)
        facts = scene.facts
        if facts["chart"] == "pie chart":
            assert sum(facts["series"][0]["values"]) == 100
        if facts["chart"] in ("bar chart", "horizontal bar chart"):
            side = 3 if facts["chart"] == "bar chart" else 2
            bars = [o for o in scene.objects if o.category == "bar"]
            scale = [(o.box or ())[side] / int(o.attributes["value"]) for o in bars]
            assert max(scale) - min(scale) < 0.02 * max(scale) + 0.02
        if not facts["show_values"] and facts["chart"] != "scatter plot":
            for series in facts["series"]:
                assert all(v % facts["axis"]["step"] == 0 for v in series["values"])


def test_titles_do_not_contradict_the_axis() -> None:
    for seed in range(150):
        facts = compose("charts", seed).facts
        if facts["x_label"] == "Year":
            assert not re.search(r"\b20\d\d\b", facts["title"])


def test_relations_of_a_world_agree_with_its_cells() -> None:
    for seed in range(20):
        scene = compose("sprites", seed)
        cells = {thing.id: thing.cell for thing in scene.objects}
        side = world_of(scene).grid
        for relation in scene.relations:
            one, other = (
                CELLS[side].index(str(cells[end])) for end in (relation.subject, relation.object)
            )
            down, right = RELATIVE[relation.name]
            assert (one // side - other // side, one % side - other % side) == (down, right)


def test_a_world_answers_the_plan_that_it_was_drawn_for() -> None:
    for seed in range(20):
        scene = compose("sprites", seed)
        library = library_of(scene)
        named = scene.facts["plan"]
        generator = library.space.generator(named["generator"])
        plan = generator.plans(np.array([named["index"]])).row(0, named=True)
        assert isinstance(ask_about(library.library, world_of(scene), plan, seed), Asked)
