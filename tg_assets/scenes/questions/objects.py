"""Templates over objects with attributes, on a grid as well as on a table."""

from collections import Counter

from tg_assets.scenes.concepts import (
    article,
    counted,
    listed,
    plural,
)
from tg_assets.scenes.graph import SceneObject
from tg_assets.scenes.questions.asking import near
from tg_assets.scenes.questions.referring import value
from tg_assets.scenes.questions.things import GRID, TABLE, Kind, Things, verify_claim


def ask_objects(things: Things) -> None:
    """Hand in all questions of this module."""
    _count(things)
    _count_conditions(things)
    _detect(things)
    _identify(things)
    _odd_one_out(things)
    _share_attribute(things)
    _compare(things)
    _list_attributes(things)
    _fractions(things)
    _claim(things)


def _phrase_for(attribute: str, word: str) -> str:
    return word if attribute == "category" else f"{word} object"


def _count_path(kind: Kind, attribute: str, word: str) -> str:
    if attribute == "category":
        return f"counting~{kind.shape_level} counting~{word} counting"
    level = "object counting" if attribute == "color" else "attribute counting"
    return f"counting~{level}~{word} object counting"


def _count(things: Things) -> None:
    asker, total = things.asker, len(things.objects)
    asker.ask(
        "count all", "counting~object counting~total object counting",
        [("How many objects are there in total?", "There are {v} objects."),
         ("Count all the objects in the picture. Reply with a number.", "{v}"),
         ("What is the total number of objects shown?", "{v}")],
        total, near(total, least=1),
    )  # fmt: skip
    for attribute in things.kind.pools:
        for word, count in things.counts[attribute].items():
            noun = _phrase_for(attribute, word)
            path = _count_path(things.kind, attribute, word)
            asker.add(
                f"count {attribute}", path,
                asker.pick(
                    ("How many {} are there?", "How many {} can you see in the picture?",
                     "What is the number of {} shown?"), "count", noun,
                ).format(plural(noun)),
                _there_are(count, noun), [_there_are(n, noun) for n in near(count)],
            )  # fmt: skip
            asker.add(
                f"count {attribute} number", path,
                f"Count the {plural(noun)}. Give only the number.",
                str(count), [str(n) for n in near(count)],
            )  # fmt: skip


def _there_are(count: int, noun: str) -> str:
    return f"There {'is' if count == 1 else 'are'} {counted(count, noun)}."


def _count_conditions(things: Things) -> None:
    asker = things.asker
    pairs = Counter((o.attributes["color"], o.category) for o in things.objects)
    for (color, category), count in pairs.items():
        noun = f"{color} {category}"
        asker.add(
            "count color and shape", "counting~conditional counting~color and shape counting",
            f"How many {plural(noun)} does the picture show?",
            _there_are(count, noun), [_there_are(n, noun) for n in near(count)],
        )  # fmt: skip
    sized = Counter((o.attributes["size"], o.attributes["color"]) for o in things.objects)
    for (size, color), count in sized.items():
        noun = f"{size} {color} object"
        asker.ask(
            "count size and color", "counting~conditional counting~size and color counting",
            [("How many objects are both {a} and {b}?", "{v}"),
             ("Count the {a} {b} objects.", "{v}")],
            count, near(count), a=size, b=color,
        )  # fmt: skip
    for color, count in things.counts["color"].items():
        rest = len(things.objects) - count
        asker.ask(
            "count color exclusion", "counting~conditional counting~color exclusion counting",
            [("How many objects are not {a}?", "{v}"),
             ("Leaving out everything {a}, how many objects remain?", "{v}"),
             ("What is the number of objects of any color but {a}?", "{v}")],
            rest, near(rest), a=color,
        )  # fmt: skip


_DETECT = {
    "category": "detection~{level} detection~{word} detection",
    "color": "detection~object detection~{word} object detection",
    "pattern": "detection~attribute detection~{word} object detection",
    "material": "detection~attribute detection~{word} object detection",
}


def _detect(things: Things) -> None:
    """Is there one? As many absent values as present ones, so that no answer is the safe one."""
    asker = things.asker
    for attribute, pattern in _DETECT.items():
        if attribute not in things.kind.pools:
            continue
        present = sorted(things.counts[attribute])
        absent = [v for v in things.kind.pools[attribute] if v not in present]
        for word in present + asker.some(absent, min(2, len(present)), "absent", attribute):
            noun = _phrase_for(attribute, word)
            path = pattern.format(level=things.kind.shape_level, word=word)
            truth = word in present
            asker.ask_yes_no(
                f"detect {attribute}", path,
                ("Is there {a} in the picture?", "Does the picture contain {a}?",
                 "Can you see {a} here?"),
                truth, "there is {a}", "there is no {n}", a=article(noun), n=noun,
            )  # fmt: skip
    _detect_combination(things)


def _detect_combination(things: Things) -> None:
    asker = things.asker
    have = {(o.attributes["color"], o.category) for o in things.objects}
    for color, category in sorted(have):
        other = things.others("color", color, 1)[0]
        truth = asker.draw(2, "combination", color, category) == 0 or (other, category) in have
        shown = color if truth else other
        noun = f"{shown} {category}"
        asker.ask_yes_no(
            "detect color and shape",
            [f"detection~{things.kind.shape_level} detection~{category} detection"],
            ("Is any {c} in the picture {a}?", "Does the picture show a {c} that is {a}?"),
            truth, "there is {n}", "no {c} is {a}", a=shown, c=category, n=article(noun),
        )  # fmt: skip


def _identify_paths(things: Things, thing: SceneObject, attribute: str) -> list[str]:
    flat = things.kind is GRID
    category, color = thing.category, thing.attributes["color"]
    solid = "3d object recognition~"
    paths = {
        "color": ["analysis~color analysis~{c} color identification"]
        if flat
        else [solid + "object attribute extraction~{c} color extraction"],
        "size": ["analysis~pattern and size analysis~size identification"]
        if flat
        else [solid + "object attribute extraction~{c} size extraction"],
        "pattern": ["analysis~pattern and size analysis~pattern identification"],
        "material": [solid + "material and texture recognition~{c} material recognition"],
        "category": []
        if flat
        else [
            solid + "object category recognition~{k} solid recognition",
            "target recognition in special image domains~"
            "target recognition in 3d rendered images~{c} recognition",
        ],
    }[attribute]
    return [p.format(c=category, k=color) for p in paths]


_ASKED = {
    "color": [("What color is the {a}?", "The {a} is {v}."),
              ("Name the color of the {a}.", "{v}"),
              ("Which color does the {a} have?", "It is {v}.")],
    "size": [("Is the {a} small or large?", "The {a} is {v}."),
             ("What size is the {a}, small or large?", "{v}")],
    "pattern": [("Is the {a} plain, striped or dotted?", "The {a} is {v}."),
                ("What pattern fills the {a}?", "{v}")],
    "material": [("Is the {a} made of rubber or metal?", "The {a} is made of {v}."),
                 ("What is the {a} made of, rubber or metal?", "{v}")],
    "category": [("What shape is the {a}?", "The {a} is a {v}."),
                 ("Name the shape of the {a}.", "{v}")],
}  # fmt: skip


def _identify(things: Things) -> None:
    asker = things.asker
    for attribute in things.kind.pools:
        for thing, words in things.named(attribute):
            own = value(thing, attribute)
            wrong = things.others(attribute, own)
            paths = _identify_paths(things, thing, attribute)
            if paths:
                asker.ask(f"identify {attribute}", paths, _ASKED[attribute], own, wrong, a=words)
            if attribute != "size":
                label = "solid" if attribute == "category" and things.kind is TABLE else attribute
                label = "shape" if label == "category" else label
                asker.ask_choice(
                    f"choose {attribute}",
                    f"multiple choice questions~image-based~{label} multiple choice",
                    (f"Which {_word(attribute)} fits the {{a}}?",
                     f"Pick the {_word(attribute)} of the {{a}}:"),
                    own, wrong, a=words,
                )  # fmt: skip
    total = len(things.objects)
    asker.ask_choice(
        "choose count", "multiple choice questions~image-based~count multiple choice",
        ("How many objects does the picture hold?", "Choose the number of objects shown:"),
        str(total), [str(n) for n in near(total, least=1)],
    )  # fmt: skip


def _word(attribute: str) -> str:
    return "shape" if attribute == "category" else attribute


def _odd_one_out(things: Things) -> None:
    asker, total = things.asker, len(things.objects)
    if total < 4:
        return
    for attribute in things.kind.pools:
        counts = things.counts[attribute]
        if attribute == "size" or len(counts) != 2 or min(counts.values()) != 1:
            continue
        odd_value = min(counts, key=lambda v: counts[v])
        odd = next(o for o in things.objects if value(o, attribute) == odd_value)
        words = things.name(odd)
        named = [w for o, w in things.named() if o is not odd]
        if words and named:
            asker.ask(
                "odd one out",
                f"logical reasoning~odd one out reasoning~{_word(attribute)} odd one out",
                [("All objects but one share the same {a}. Which one differs?", "The {v}."),
                 ("Which object has a different {a} from all the others?", "The {v} differs."),
                 ("Which is the odd one out by {a}?", "The odd one out is the {v}.")],
                words, asker.some(named, 3, "odd", attribute), a=_word(attribute),
            )  # fmt: skip


def _share_attribute(things: Things) -> None:
    """Which other object has the same color? Asked where exactly one other has."""
    asker = things.asker
    for attribute in things.kind.pools:
        if attribute == "size":
            continue
        path = f"logical reasoning~attribute reasoning~same {_word(attribute)} reasoning"
        named = {o.id: words for o, words in things.named(attribute)}
        for thing in things.objects:
            twins = [
                o for o in things.objects
                if o is not thing and value(o, attribute) == value(thing, attribute)
            ]  # fmt: skip
            if len(twins) != 1 or thing.id not in named or twins[0].id not in named:
                continue
            rest = [named[o.id] for o in things.objects
                    if o.id in named and o.id not in (thing.id, twins[0].id)]  # fmt: skip
            if rest:
                asker.ask(
                    "same attribute", path,
                    [("Which other object has the same {b} as the {a}?", "The {v}."),
                     ("The {a} shares its {b} with exactly one other object. Which?",
                      "It shares its {b} with the {v}.")],
                    named[twins[0].id], asker.some(rest, 3, "twin", thing.id),
                    a=named[thing.id], b=_word(attribute),
                )  # fmt: skip


def _compare(things: Things) -> None:
    asker = things.asker
    counts = sorted(things.counts["color"].items())
    for i, (first, n) in enumerate(counts):
        for second, m in counts[i + 1 :]:
            a, b = (first, second) if asker.draw(2, "swap", first, second) else (second, first)
            more = things.counts["color"][a] > things.counts["color"][b]
            if n != m:
                asker.ask_yes_no(
                    "compare counts", "logical reasoning~comparison reasoning~count comparison",
                    ("Are there more {a} objects than {b} ones?",
                     "Do the {a} objects outnumber the {b} objects?"),
                    more, "there are more {a} objects than {b} ones",
                    "there are not more {a} objects than {b} ones", a=a, b=b,
                )  # fmt: skip
    attributes = ("size", "color", "material") if things.kind is TABLE else ("size", "color")
    for attribute in attributes:
        _compare_pairs(things, attribute)


def _compare_pairs(things: Things, attribute: str) -> None:
    asker = things.asker
    named = things.named(attribute)
    pairs = [(x, y) for i, x in enumerate(named) for y in named[i + 1 :]]
    same = [p for p in pairs if value(p[0][0], attribute) == value(p[1][0], attribute)]
    differ = [p for p in pairs if p not in same]
    for pool in (same, differ):
        for (first, a), (second, b) in asker.some(pool, 3, "pairs", attribute):
            asker.ask_yes_no(
                f"compare {attribute}",
                f"logical reasoning~comparison reasoning~{attribute} comparison",
                ("Do the {a} and the {b} have the same {c}?",
                 "Is the {c} of the {a} the same as that of the {b}?"),
                value(first, attribute) == value(second, attribute),
                "they have the same {c}", "their {c}s differ", a=a, b=b, c=attribute,
            )  # fmt: skip


def _list_attributes(things: Things) -> None:
    asker = things.asker
    for attribute in ("color", "category", things.kind.surface):
        counts = things.counts[attribute]
        present = [v for v in things.kind.pools[attribute] if v in counts]
        absent = [v for v in things.kind.pools[attribute] if v not in counts]
        word = _word(attribute)
        wrong = [listed([*present[:-1], v]) for v in asker.some(absent, 2, "list", attribute)]
        if len(present) > 1:
            wrong.append(listed(present[:-1]))
        asker.ask(
            f"list {attribute}",
            f"concept extraction~attribute extraction~{word} attribute extraction",
            [("List every {a} that occurs among the objects.", "{v}"),
             ("Which {b} do the objects have?", "They have these {b}: {v}."),
             ("Extract all the different {b} of the objects.", "{v}")],
            listed(present), wrong, a=word, b=plural(word),
        )  # fmt: skip
    _dominant(things)


def _dominant(things: Things) -> None:
    asker = things.asker
    ranked = things.counts["color"].most_common()
    top = ranked[0][0]
    if len(ranked) > 1 and ranked[0][1] > ranked[1][1]:
        asker.ask(
            "dominant color", "analysis~color analysis~dominant color detection",
            [("Which color do most of the objects share?", "{v}"),
             ("What is the most common color among the objects?", "The most common color is {v}.")],
            top, [c for c, _ in ranked[1:4]],
        )  # fmt: skip
    parts = [f"{c} ({n})" for c, n in sorted(ranked)]
    wrong = [
        ", ".join(f"{c} ({n + (c == one)})" for c, n in sorted(ranked)) for one, _ in ranked[:3]
    ]
    asker.ask(
        "color distribution", "analysis~composition analysis~color distribution analysis",
        [("How are the colors distributed over the objects? Give each color with its count.",
          "{v}"),
         ("Break the objects down by color.", "By color, the objects are: {v}.")],
        ", ".join(parts), wrong,
    )  # fmt: skip


def _fractions(things: Things) -> None:
    asker, total = things.asker, len(things.objects)
    maths = "subject question and answer~mathematics~"
    for color, count in things.counts["color"].items():
        wrong = [f"{n}/{total}" for n in near(count) if n <= total]
        wrong += [f"{count}/{total + 1}"]
        asker.ask(
            "fraction of color", maths + "fraction of objects",
            [("What fraction of the objects is {a}? Do not reduce it.", "{v}"),
             ("Write the share of {a} objects as a fraction of all objects, unreduced.", "{v}")],
            f"{count}/{total}", wrong, a=color,
        )  # fmt: skip
    for category, count in things.counts["category"].items():
        asker.ask(
            "probability of shape", maths + "probability of drawing an object",
            [("One object is drawn at random. How likely is it a {a}? Leave the fraction "
              "unreduced.", "The probability is {v}."),
             ("What is the unreduced probability that a randomly chosen object is a {a}?",
              "{v}")],
            f"{count}/{total}", [f"{n}/{total}" for n in near(count) if n <= total]
            + [f"{count}/{total + 1}"], a=category,
        )  # fmt: skip


def _claim(things: Things) -> None:
    """Statements about one attribute of one object, true and false alike."""
    asker = things.asker
    for attribute in ("color", "category", things.kind.surface):
        for thing, words in things.named(attribute):
            own = value(thing, attribute)
            truth = asker.draw(2, "claim", attribute, thing.id) == 0
            said = own if truth else things.others(attribute, own, 1)[0]
            predicate = {"category": article(said), "material": f"made of {said}"}
            claim = f"The {words} is {predicate.get(attribute, said)}."
            verify_claim(asker, f"claim {attribute}", f"{_word(attribute)} claim", claim, truth)
    total = len(things.objects)
    truth = asker.draw(2, "claim count") == 0
    said = str(total if truth else asker.pick(near(total, least=1), "claim count"))
    verify_claim(asker, "claim count", "count claim", f"The picture holds {said} objects.", truth)
