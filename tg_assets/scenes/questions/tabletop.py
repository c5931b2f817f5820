"""Templates over solids on a table: depth, occlusion and material."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from tg_assets.scenes.concepts import article, counted, listed
from tg_assets.scenes.families.shading import TABLES
from tg_assets.scenes.graph import SceneObject
from tg_assets.scenes.questions.asking import Asker
from tg_assets.scenes.questions.captions import Caption, ask_captions, ask_summary
from tg_assets.scenes.questions.objects import ask_objects
from tg_assets.scenes.questions.referring import phrase
from tg_assets.scenes.questions.things import TABLE, Things, verify_claim

_FULL = ("size", "color", "material", "category")
_SHORT = ("color", "category")


def ask_tabletop(asker: Asker) -> None:
    """Hand in every question about a table scene."""
    things = Things(asker, TABLE)
    ask_objects(things)
    _relations(things)
    _extremes(things)
    _depth(things)
    _occlusion(things)
    _orders(things)
    _materials(things)
    _properties(things)
    _attribute_descriptions(things)
    _captions(things)


def _related(things: Things, name: str) -> set[tuple[str, str]]:
    return {(r.subject, r.object) for r in things.asker.scene.relations if r.name == name}


def _relations(things: Things) -> None:
    asker = things.asker
    left, front = _related(things, "left of"), _related(things, "in front of")
    named = things.named()
    for name, forward, say in (
        ("left of", left, "to the left of"),
        ("right of", {(b, a) for a, b in left}, "to the right of"),
        ("in front of", front, "in front of"),
        ("behind", {(b, a) for a, b in front}, "behind"),
    ):
        pairs = [(x.id, y.id, a, b) for x, a in named for y, b in named if x is not y]
        for truth in (True, False):
            pool = [(a, b) for x, y, a, b in pairs if ((x, y) if truth else (y, x)) in forward]
            for a, b in asker.some(pool, 3, name, truth):
                side = name in ("left of", "right of")
                asker.ask_yes_no(
                    "table relation",
                    f"logical reasoning~spatial reasoning~{name} relation reasoning",
                    ("Is the {a} {s} the {b}?", "As seen in the picture, is the {a} {s} the {b}?")
                    if side
                    else ("Is the {a} {s} the {b}?", "Does the {a} stand {s} the {b}?"),
                    truth, "the {a} is {s} the {b}", "the {a} is not {s} the {b}",
                    a=a, b=b, s=say,
                )  # fmt: skip
                verify_claim(
                    asker, "claim relation", "position claim", f"The {a} is {say} the {b}.", truth
                )
        _state_relation(things, named, forward, say)


def _state_relation(
    things: Things, named: list[tuple[SceneObject, str]], forward: set[tuple[str, str]], say: str
) -> None:
    asker = things.asker
    opposite = {
        "to the left of": "to the right of", "to the right of": "to the left of",
        "in front of": "behind", "behind": "in front of",
    }[say]  # fmt: skip
    pool = [(a, b) for x, a in named for y, b in named if (x.id, y.id) in forward]
    for a, b in asker.some(pool, 2, "state", say):
        sideways = "left or right" if "to the" in say else "front or back"
        path = "concept extraction~relationship extraction~spatial relationship extraction"
        asker.ask(
            "state relation", path,
            [("How does the {a} stand to the {b}: {s}?", "The {a} is {v} the {b}."),
             ("In terms of {s}, where is the {a} relative to the {b}?", "It is {v} the {b}.")],
            say, [opposite], a=a, b=b, s=sideways,
        )  # fmt: skip


def _extreme(
    things: Things, key: Callable[[SceneObject], float], margin: float
) -> SceneObject | None:
    """The object with the least key, if it leads clearly."""
    ranked = sorted(things.objects, key=key)
    return ranked[0] if key(ranked[1]) - key(ranked[0]) > margin else None


def _ask_extreme(
    things: Things, thing: SceneObject | None, path: str, forms: list[tuple[str, str]]
) -> None:
    named = {o.id: words for o, words in things.named()}
    if thing is None or thing.id not in named:
        return
    wrong = [words for key, words in named.items() if key != thing.id]
    template = path.rsplit("~", maxsplit=1)[-1]
    things.asker.ask(template, path, forms, named[thing.id], things.asker.some(wrong, 3, path))


def _extremes(things: Things) -> None:
    margin = 0.08 * things.asker.scene.width
    for label, sign in (("left", 1), ("right", -1)):
        _ask_extreme(
            things,
            _extreme(things, lambda o, sign=sign: sign * o.center[0], margin),  # type: ignore[misc]
            f"logical reasoning~spatial reasoning~{label}most object reasoning",
            [(f"Which object is furthest to the {label}?", "The {v}."),
             (f"What is the {label}most object on the table?",
              f"The {label}most object is the {{v}}.")],
        )  # fmt: skip


def _depth(things: Things) -> None:
    asker = things.asker
    level = "3d object recognition~depth estimation~"
    _ask_extreme(
        things, _extreme(things, lambda o: o.pose[4], 0.6), level + "closest object estimation",
        [("Which object is closest to the camera?", "The {v}."),
         ("What stands nearest to the viewer?", "The {v} stands nearest.")],
    )  # fmt: skip
    _ask_extreme(
        things, _extreme(things, lambda o: -o.pose[4], 0.6), level + "farthest object estimation",
        [("Which object is farthest from the camera?", "The {v}."),
         ("What stands at the greatest distance from the viewer?", "The {v} is farthest.")],
    )  # fmt: skip
    front = _related(things, "in front of")
    named = things.named()
    pairs = [(a, b) for x, a in named for y, b in named if (x.id, y.id) in front]
    for a, b in asker.some(pairs, 4, "depth"):
        first, second = (a, b) if asker.draw(2, a, b) else (b, a)
        for path in (
            level + "relative depth estimation",
            "scene understanding~relationship detection~depth relationship detection",
        ):
            asker.ask(
                f"nearer of two {path[0]}", path,
                [("Which is closer to the camera, the {a} or the {b}?", "The {v} is closer."),
                 ("Of the {a} and the {b}, which one is nearer to the viewer?", "The {v}.")],
                a, [b], a=first, b=second,
            )  # fmt: skip


_CLEARLY_HIDDEN = 0.86


def _stands_free(things: Things, thing: SceneObject) -> bool:
    """Whether no other object's box touches this one's, so that surely nothing covers it."""
    x, y, width, height = thing.box
    for other in things.objects:
        left, top, across, down = other.box
        apart = left > x + width or x > left + across or top > y + height or y > top + down
        if other is not thing and not apart:
            return False
    return True


def _occlusion(things: Things) -> None:
    """Only where the hidden share is large enough to be seen at a glance."""
    asker = things.asker
    named = {o.id: words for o, words in things.named()}
    visible = dict(zip((o.id for o in things.objects), asker.scene.facts["visible"], strict=True))
    level = "3d object recognition~occlusion handling~"
    hides = _related(things, "partly hides")
    for thing in things.objects:
        words = named.get(thing.id)
        hidden = visible[thing.id] < _CLEARLY_HIDDEN
        if not words or not (hidden or _stands_free(things, thing)):
            continue
        asker.ask_yes_no(
            "partly hidden", level + "partly hidden object recognition",
            ("Is the {a} partly hidden behind another object?",
             "Does another object cover part of the {a}?"),
            hidden, "part of the {a} is hidden", "the {a} is fully visible",
            a=words,
        )  # fmt: skip
        fronts = [front for front, back in hides if back == thing.id]
        if len(fronts) == 1 and hidden and fronts[0] in named:
            wrong = [w for key, w in named.items() if key not in (fronts[0], thing.id)]
            asker.ask(
                "occluder", level + "occluding object recognition",
                [("Which object partly covers the {a}?", "The {v} partly covers it."),
                 ("What stands in front of the {a} and hides part of it?", "The {v}.")],
                named[fronts[0]], asker.some(wrong, 3, thing.id), a=words,
            )  # fmt: skip


def _orders(things: Things) -> None:
    asker = things.asker
    named = {o.id: words for o, words in things.named()}
    orders: tuple[tuple[str, Callable[[SceneObject], float], float], ...] = (
        ("left to right", lambda o: o.center[0], 0.06 * asker.scene.width),
        ("front to back", lambda o: o.pose[4], 0.45),
    )
    for label, key, margin in orders:
        ranked: list[SceneObject] = sorted((o for o in things.objects if o.id in named), key=key)
        if len(ranked) < 3 or len(named) < len(things.objects):
            continue
        if any(key(b) - key(a) < margin for a, b in pairwise(ranked)):
            continue
        words = [named[o.id] for o in ranked]
        swapped = [words[1], words[0], *words[2:]]
        late = [*words[:-2], words[-1], words[-2]]
        asker.ask(
            f"order {label}", f"logical reasoning~ordering reasoning~{label} ordering",
            [("List the objects from {a}.", "{v}."),
             ("Put all the objects in order, {a}.", "From {a}: {v}.")],
            ", ".join(words), [", ".join(w) for w in (words[::-1], swapped, late)], a=label,
        )  # fmt: skip


def _materials(things: Things) -> None:
    asker = things.asker
    own = str(asker.scene.facts["table"])
    asker.ask(
        "table surface", "scene understanding~background recognition~table surface recognition",
        [("What does the table top look like?", "The table top is {v}."),
         ("Is the table light wood, dark wood, white or dark slate?", "{v}")],
        own, [t for t in TABLES if t != own],
    )  # fmt: skip
    for material, count in things.counts["material"].items():
        asker.ask_yes_no(
            "all of material",
            "3d object recognition~material and texture recognition~tabletop material recognition",
            ("Is every object on the table made of {a}?", "Are all the objects {a}?"),
            count == len(things.objects), "all of them are {a}", "not all of them are {a}",
            a=material,
        )  # fmt: skip


_FACES = {
    "sphere": ("roll in every direction", True), "cube": ("roll", False),
    "cone": ("taper to a point", True), "cylinder": ("taper to a point", False),
}  # fmt: skip


def _properties(things: Things) -> None:
    asker = things.asker
    for thing, words in things.named("category"):
        ability, truth = _FACES[thing.category]
        asker.ask_yes_no(
            "solid property", "subject question and answer~mathematics~geometric solid properties",
            ("Going by its shape, does or could the {a} {b}?",
             "Considering its shape, would the {a} {b}?"),
            truth, "its shape, a {c}, does", "its shape, a {c}, does not",
            a=words, b=ability, c=thing.category,
        )  # fmt: skip


def _attribute_descriptions(things: Things) -> None:
    asker = things.asker
    for label, attribute in (
        ("color", "color"), ("shape", "category"), ("size", "size"), ("material", "material"),
    ):  # fmt: skip
        counts = things.counts[attribute]
        nouns = {v: v if attribute == "category" else f"{v} object" for v in counts}
        order = sorted(counts)
        right = listed([counted(counts[v], nouns[v]) for v in order])
        wrong = [
            listed([counted(counts[v] + (v == one), nouns[v]) for v in order]) for one in order[:3]
        ]
        asker.ask(
            f"describe by {label}",
            f"image description~attribute-based description~{label}-based description",
            [("Describe the objects on the table only by their {a}, with counts.",
              "The table holds {v}."),
             ("Going by {a} alone, what stands on the table?", "There are these: {v}.")],
            right, wrong, a=label,
        )  # fmt: skip


def _captions(things: Things) -> None:
    asker = things.asker
    table = str(asker.scene.facts["table"])
    ordered = sorted(things.objects, key=lambda o: o.center[0])
    gaps = [b.center[0] - a.center[0] for a, b in pairwise(ordered)]
    clear = min(gaps) > 0.03 * asker.scene.width
    order = "From left to right they are" if clear else "They are"

    def changed(one: SceneObject) -> list[SceneObject]:
        color = things.others("color", one.attributes["color"], 1)[0]
        other = replace(one, attributes={**one.attributes, "color": color})
        return [other if o is one else o for o in ordered]

    def brief(objects: Sequence[SceneObject]) -> str:
        return f"A {table} table with {listed([article(phrase(o, _SHORT)) for o in objects])}."

    def detailed(objects: Sequence[SceneObject]) -> str:
        parts = listed([article(phrase(o, _FULL)) for o in objects])
        return f"On a {table} table stand {len(objects)} objects. {order} {parts}."

    ask_captions(
        asker,
        Caption("tabletop scene", brief(ordered), [brief(changed(o)) for o in ordered[:3]],
                detailed(ordered), [detailed(changed(o)) for o in ordered[-3:]]),
    )  # fmt: skip
    metal, total = things.counts["material"]["metal"], len(ordered)
    other = metal + 1 if metal < total else metal - 1
    text = "{} on a {} table, {} of metal and {} of rubber."
    ask_summary(
        asker, "summarization~visual scene summarization~tabletop scene summarization",
        text.format(counted(total, "object").capitalize(), table, metal, total - metal),
        [text.format(counted(total + 1, "object").capitalize(), table, metal, total + 1 - metal),
         text.format(counted(total, "object").capitalize(), table, other, total - other)],
    )  # fmt: skip
    asker.ask(
        "arrangement", "analysis~composition analysis~object arrangement analysis",
        [("How are the objects arranged?", "They {v}."),
         ("Which layout does the scene have?", "The objects {v}.")],
        "stand freely on a table", ["lie in the cells of a grid", "hang from a line"],
    )  # fmt: skip
