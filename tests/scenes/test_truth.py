"""The parts of a scene's truth agree with each other."""

import re

from tg_assets.scenes.concepts import CELLS_2, CELLS_3
from tg_assets.scenes.graph import Scene
from tg_assets.scenes.render import compose


def test_cells_agree_with_boxes() -> None:
    for seed in range(60):
        scene = compose("grid", seed)
        side = scene.facts["rows"]
        names = CELLS_2 if side == 2 else CELLS_3
        for thing in scene.objects:
            x, y = thing.center
            index = int(y / scene.height * side) * side + int(x / scene.width * side)
            assert names[index] == thing.cell


def test_relations_agree_with_boxes() -> None:
    for family, names in (("grid", {"left of": 0, "above": 1}), ("tabletop", {"left of": 0})):
        for seed in range(30):
            scene = compose(family, seed)
            center = {o.id: o.center for o in scene.objects}
            for r in scene.relations:
                if r.name in names:
                    axis = names[r.name]
                    assert center[r.subject][axis] < center[r.object][axis]


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
            scale = [o.box[side] / int(o.attributes["value"]) for o in bars]
            assert max(scale) - min(scale) < 0.02 * max(scale) + 0.02
        if not facts["show_values"] and facts["chart"] != "scatter plot":
            for series in facts["series"]:
                assert all(v % facts["axis"]["step"] == 0 for v in series["values"])


def test_titles_do_not_contradict_the_axis() -> None:
    for seed in range(150):
        facts = compose("charts", seed).facts
        if facts["x_label"] == "Year":
            assert not re.search(r"\b20\d\d\b", facts["title"])
