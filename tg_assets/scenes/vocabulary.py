"""The tree of task types that the generators serve, and plausible ones that none serves.

Labels are composed from the concepts that the pictures show, so that a label's words say which
template and which concept stand behind it.
"""

from collections.abc import Iterable
from functools import cache

from tg_assets.scenes.concepts import CHARTS, COMPOSITIONS, DOCUMENTS, PICTURES
from tg_assets.task_space.task_types import task_types

SEPARATOR = "~"
Tree = dict[str, dict[str, tuple[str, ...]]]

# Charts whose values can be told apart one by one, which points of a scatter plot cannot.
VALUED: tuple[str, ...] = CHARTS[:4]
FIELDS: dict[str, tuple[str, ...]] = {
    "receipt": (
        "store name", "date", "receipt number", "cashier name", "item price", "item quantity",
        "subtotal", "tax", "total", "payment method",
    ),
    "menu": ("restaurant name", "dish price", "dish name", "section heading"),
    "ticket": ("event name", "venue", "date", "time", "seat", "price", "ticket number"),
    "shop sign": ("shop name", "trade", "opening hours", "phone number"),
    "road sign": ("destination", "distance", "road number"),
    "notice": ("heading", "date", "time", "place", "contact"),
    "timetable": ("station name", "departure time", "destination", "platform"),
}  # fmt: skip
TOPICS: tuple[str, ...] = (
    "sales", "weather", "sports", "education", "transport", "environment", "food", "health",
    "technology", "energy",
)  # fmt: skip


def _each(pattern: str, concepts: Iterable[str]) -> tuple[str, ...]:
    return tuple(pattern.format(concept) for concept in concepts)


def _counting() -> dict[str, tuple[str, ...]]:
    return {
        "chart element counting": (
            *_each("{} counting", ("bar", "pie slice", "scatter point")),
            "line chart category counting", "data series counting", "threshold counting",
        ),
        "document element counting": (
            "receipt item counting", "menu dish counting", "timetable departure counting",
            "road sign destination counting", "price range counting",
        ),
    }  # fmt: skip


def _detection() -> dict[str, tuple[str, ...]]:
    return {
        "chart element detection": (
            "legend detection", "value label detection", "chart category detection",
        ),
        "document field detection": _each("{} field detection", DOCUMENTS),
    }  # fmt: skip


def _ocr() -> dict[str, tuple[str, ...]]:
    return {
        "chart ocr": (
            *_each("{} title ocr", CHARTS), *_each("{} value ocr", VALUED),
            "axis label ocr", "legend ocr", "category label ocr",
        ),
        **{f"{kind} ocr": _each("{} extraction", FIELDS[kind]) for kind in DOCUMENTS},
    }  # fmt: skip


def _description() -> dict[str, tuple[str, ...]]:
    return {
        "brief captioning": _each("{} captioning", PICTURES),
        "detailed description": _each("detailed {} description", PICTURES),
    }


def _analysis() -> dict[str, tuple[str, ...]]:
    return {
        "maximum value analysis": _each("{} maximum analysis", VALUED),
        "minimum value analysis": _each("{} minimum analysis", VALUED),
        "trend analysis": ("overall trend analysis", "step change analysis", "series comparison"),
        "spending analysis": ("most expensive item analysis", "cheapest item analysis"),
    }  # fmt: skip


def _reasoning() -> dict[str, tuple[str, ...]]:
    return {
        "comparison reasoning": (
            *_each("{} value comparison", VALUED), "item price comparison",
            "dish price comparison", "distance comparison",
        ),
        "numerical reasoning": (
            *_each("{} difference calculation", VALUED), *_each("{} sum calculation", VALUED),
            "chart average calculation", "chart ratio calculation",
            "receipt sum verification", "tax addition calculation", "line total calculation",
            "menu order calculation", "change calculation", "price difference calculation",
            "distance difference calculation",
        ),
        "ordering reasoning": (
            *_each("{} value ordering", VALUED), "price ordering", "distance ordering",
        ),
        "temporal reasoning": (
            "opening duration reasoning", "next departure reasoning",
            "departure interval reasoning",
            "opening status reasoning",
        ),
    }  # fmt: skip


def _matching() -> dict[str, tuple[str, ...]]:
    claims = ("position", "chart value", "chart title", "price", "sign text")
    return {
        "visual entailment": _each("{} claim verification", claims),
        "caption selection": _each("{} caption selection", PICTURES),
    }


def _concepts() -> dict[str, tuple[str, ...]]:
    return {
        "relationship extraction": (
            "category and value relationship extraction",
            "item and price relationship extraction",
        ),
        "keyphrase extraction": _each("{} keyphrase extraction", (*CHARTS, *DOCUMENTS)),
    }  # fmt: skip


def _choices() -> dict[str, tuple[str, ...]]:
    return {
        "image-based": _each("{} multiple choice", PICTURES[: len(COMPOSITIONS)]),
        "chart-based": _each("{} multiple choice", CHARTS),
        "document-based": _each("{} multiple choice", DOCUMENTS),
    }


def _others() -> Tree:
    return {
        "scene understanding": {
            "scene classification": _each("{} classification", PICTURES),
        },
        "target recognition in special image domains": {
            "target recognition in infographics": _each("{} recognition", CHARTS)
        },
        "topic classification": {
            "chart topic classification": _each("{} chart topic", TOPICS),
            "document topic classification": _each("{} topic", DOCUMENTS),
        },
        "summarization": {
            "chart summarization": _each("{} summarization", CHARTS),
            "document summarization": _each("{} summarization", DOCUMENTS),
            "visual scene summarization": _each("{} summarization", PICTURES[: len(COMPOSITIONS)]),
        },
        "science-related": {
            "chart and diagram interpretation": (
                "axis meaning interpretation", "measurement unit interpretation",
                "legend interpretation", "percentage share interpretation",
            ),
            "data correlation analysis": (
                "correlation direction analysis", "correlation axis analysis",
                "outlying value analysis",
            ),
        },
        "subject question and answer": {
            "mathematics": ("percentage calculation",),
            "business": ("tax rate identification", "unit price identification"),
        },
    }  # fmt: skip


@cache
def tree() -> Tree:
    """Labels by level: level 1 -> level 2 -> level 3."""
    asked_of_pictures = task_types(tuple(COMPOSITIONS))
    return {
        **asked_of_pictures,
        "counting": {**_counting(), **asked_of_pictures["counting"]},
        "detection": _detection(),
        "ocr": _ocr(),
        "image description": _description(),
        "analysis": _analysis(),
        "logical reasoning": _reasoning(),
        "image-text matching": _matching(),
        "concept extraction": _concepts(),
        "multiple choice questions": _choices(),
        **_others(),
    }


@cache
def _index() -> dict[str, tuple[str, ...]]:
    """Every path, and "" for the root, with the full paths of its children."""
    found: dict[str, tuple[str, ...]] = {"": tuple(sorted(tree()))}
    for first, seconds in tree().items():
        found[first] = tuple(sorted(f"{first}{SEPARATOR}{second}" for second in seconds))
        for second, thirds in seconds.items():
            parent = f"{first}{SEPARATOR}{second}"
            found[parent] = tuple(sorted(f"{parent}{SEPARATOR}{third}" for third in thirds))
            found.update((leaf, ()) for leaf in found[parent])
    return found


def children(path: str) -> tuple[str, ...]:
    """The full paths one level below `path`, sorted; of the first level for an empty path."""
    return _index().get(path, ())


@cache
def served_paths() -> tuple[str, ...]:
    """Every path of every level, sorted."""
    return tuple(sorted(path for path in _index() if path))


@cache
def leaf_paths() -> tuple[str, ...]:
    """The paths of the last level, sorted."""
    return tuple(path for path in served_paths() if not children(path))


_DECOYS: tuple[str, ...] = (
    "handwritten text", "cursive signature", "x-ray image", "medical scan", "satellite photo",
    "license plate", "facial expression", "dog breed", "famous painting", "sheet music",
    "human pose", "crowd", "wild animal", "aerial traffic", "historical photograph",
    "comic strip", "brand logo", "fashion item", "video keyframe", "underwater scene",
    "night sky", "construction site", "chess board", "circuit diagram", "captcha", "graffiti",
    "lecture blackboard", "kitchen appliance", "street protest", "microscope slide",
)  # fmt: skip


def decoys(path: str) -> tuple[str, ...]:
    """Plausible children of `path` that no generator serves, to test that a filter rejects them."""
    parent = path.rsplit(SEPARATOR, maxsplit=1)[-1] if path else "analysis"
    prefix = f"{path}{SEPARATOR}" if path else ""
    return tuple(f"{prefix}{concept} {parent}" for concept in _DECOYS)
