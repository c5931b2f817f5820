"""Templates over the cells of a grid."""

from collections.abc import Sequence
from dataclasses import replace

from tg_assets.scenes.concepts import (
    CELLS_2,
    CELLS_3,
    COLORS,
    COLUMNS,
    DIRECTIONS,
    ICONS,
    ROWS,
    SIDES,
    article,
    counted,
    listed,
)
from tg_assets.scenes.families.grid import BACKGROUNDS
from tg_assets.scenes.graph import SceneObject
from tg_assets.scenes.questions.asking import Asker, near
from tg_assets.scenes.questions.captions import Caption, ask_captions, ask_summary
from tg_assets.scenes.questions.objects import ask_objects
from tg_assets.scenes.questions.referring import phrase
from tg_assets.scenes.questions.things import GRID, Things, verify_claim

_STEPS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
_SAY = {"left": "to the left of", "right": "to the right of", "up": "above", "down": "below"}


class Board(Things):
    """The objects of a grid by their place."""

    def __init__(self, asker: Asker) -> None:
        """Find the row and column of each object."""
        super().__init__(asker, GRID)
        self.side = int(asker.scene.facts["rows"])
        self.cells = CELLS_2 if self.side == 2 else CELLS_3
        self.at = {divmod(self.cells.index(str(o.cell)), self.side): o for o in self.objects}
        self.spot = {o.id: place for place, o in self.at.items()}

    def short(self, thing: SceneObject) -> str:
        """Pattern, color and shape: how descriptions name an object."""
        return phrase(thing, ("pattern", "color", "category"))

    def line(self, things: Sequence[SceneObject | None]) -> str:
        """A row or column in words."""
        return listed([article(self.short(o)) if o else "an empty cell" for o in things])

    def changed(self, thing: SceneObject) -> SceneObject:
        """The object with a color that the scene lacks: what a false description says.

        With a color that occurs, the description might fit another object after all.
        """
        absent = [c for c in COLORS if c not in self.counts["color"]]
        other = self.asker.pick(absent, "changed", thing.id)
        return replace(thing, attributes={**thing.attributes, "color": other})


def ask_grid(asker: Asker) -> None:
    """Hand in every question about a grid scene."""
    board = Board(asker)
    ask_objects(board)
    _cells(board)
    _localize(board)
    _lines(board)
    _relations(board)
    _neighbors(board)
    _shapes(board)
    _positions(board)
    _background(board)
    _attribute_descriptions(board)
    _captions(board)


def _cells(board: Board) -> None:
    asker = board.asker
    for index, cell in enumerate(board.cells):
        thing = board.at.get(divmod(index, board.side))
        if thing is None:
            continue
        own = board.short(thing)
        wrong = [board.short(board.changed(thing))]
        wrong += [board.short(o) for o in asker.some(board.objects, 3, cell) if o.id != thing.id]
        wrong = [w for w in wrong if w != own]
        asker.ask(
            "cell content", f"detection~region detection~{cell} cell object detection",
            [("What is in the {a} cell?", "The {a} cell holds {v}."),
             ("Which object sits in the {a} cell of the grid?", "{v}"),
             ("Look at the {a} cell. What does it contain?", "It contains {v}.")],
            article(own), [article(w) for w in wrong], a=cell,
        )  # fmt: skip
        size = thing.attributes["size"]
        opposite = "small" if size == "large" else "large"
        said = phrase(thing, ("size", "pattern", "color", "category"))
        other = phrase(board.changed(thing), ("size", "pattern", "color", "category"))
        asker.ask(
            "cell description", f"image description~region description~{cell} cell description",
            [("Describe the {a} cell, with the size of what it holds.",
              "In the {a} cell there is {v}."),
             ("Describe the object in the {a} cell: size, pattern, color and shape.",
              "It is {v}.")],
            article(said), [article(said.replace(size, opposite, 1)), article(other)], a=cell,
        )  # fmt: skip
    _empty_cells(board)


def _empty_cells(board: Board) -> None:
    asker = board.asker
    path = "detection~region detection~empty cell detection"
    empty = [c for i, c in enumerate(board.cells) if divmod(i, board.side) not in board.at]
    taken = [str(o.cell) for o in board.objects]
    if empty:
        count = len(empty)
        asker.ask(
            "count empty cells", path,
            [("How many cells of the grid are empty?", "{v}"),
             ("Count the cells that hold nothing.", "{v}")],
            count, near(count),
        )  # fmt: skip
    for cell in asker.some(empty, 2, "empty") + asker.some(taken, min(2, len(empty)), "taken"):
        asker.ask_yes_no(
            "is cell empty", path, ("Is the {a} cell empty?", "Is there nothing in the {a} cell?"),
            cell in empty, "the {a} cell is empty", "the {a} cell is not empty", a=cell,
        )  # fmt: skip


def _localize(board: Board) -> None:
    asker = board.asker
    for thing, words in board.named():
        own = str(thing.cell)
        wrong = asker.some([c for c in board.cells if c != own], 3, "where", own)
        asker.ask(
            "locate object", f"detection~object localization~{thing.category} localization",
            [("In which cell is the {a}?", "The {a} is in the {v} cell."),
             ("Where in the grid is the {a}?", "It is in the {v} cell."),
             ("Name the cell that holds the {a}.", "{v}")],
            own, wrong, a=words,
        )  # fmt: skip
        asker.ask_choice(
            "choose position", "multiple choice questions~image-based~position multiple choice",
            ("Which cell holds the {a}?", "Where is the {a}?"), own, wrong, a=words,
        )  # fmt: skip
        truth = asker.draw(2, "position claim", own) == 0
        said = own if truth else wrong[0]
        verify_claim(
            asker, "claim position", "position claim", f"The {words} is in the {said} cell.", truth
        )


def _lines(board: Board) -> None:
    """Rows and columns: how many objects, and what they are in order."""
    asker, side = board.asker, board.side
    for axis, names in (("row", ROWS[side]), ("column", COLUMNS[side])):
        for k, name in enumerate(names):
            places = [(k, i) if axis == "row" else (i, k) for i in range(side)]
            things = [board.at.get(p) for p in places]
            held = [o for o in things if o]
            asker.ask(
                f"count {axis}", f"counting~conditional counting~{name} {axis} counting",
                [("How many objects are in the {a} {b}?", "{v}"),
                 ("Count the objects in the {a} {b} of the grid.", "{v}")],
                len(held), near(len(held)), a=name, b=axis,
            )  # fmt: skip
            if not held:
                continue
            wrong = [
                board.line([board.changed(o) if o is one else o for o in things]) for one in held
            ]
            backwards = board.line(things[::-1])
            wrong += [backwards] if backwards != board.line(things) else []
            start = "from left to right" if axis == "row" else "from top to bottom"
            asker.ask(
                f"describe {axis}",
                f"image description~region description~"
                f"{name} {axis} description",
                [("Describe the {a} {b} {c}.", "The {a} {b} holds {v}."),
                 ("What does the {a} {b} contain, {c}?", "{v}.")],
                board.line(things), wrong, a=name, b=axis, c=start,
            )  # fmt: skip
            if axis == "row" and len(held) > 1:
                asker.ask(
                    "order row", "logical reasoning~ordering reasoning~left to right ordering",
                    [("Name the colors of the objects in the {a} row from left to right.", "{v}"),
                     ("In the {a} row, which colors follow each other from left to right?",
                      "{v}")],
                    ", ".join(o.attributes["color"] for o in held),
                    [", ".join(o.attributes["color"] for o in held[::-1]),
                     ", ".join(board.changed(o).attributes["color"] for o in held)], a=name,
                )  # fmt: skip


def _relations(board: Board) -> None:
    """Yes/no questions over pairs with a clear difference in column or row."""
    asker = board.asker
    named = board.named()
    for name, axis, sign in (
        ("left of", 1, 1), ("right of", 1, -1), ("above", 0, 1), ("below", 0, -1),
    ):  # fmt: skip
        pairs = [
            (a, b, (board.spot[y.id][axis] - board.spot[x.id][axis]) * sign)
            for x, a in named for y, b in named if x is not y
        ]  # fmt: skip
        say = f"to the {name}" if axis else name
        for truth in (True, False):
            pool = [(a, b) for a, b, gap in pairs if gap != 0 and (gap > 0) == truth]
            for a, b in asker.some(pool, 3, name, truth):
                asker.ask_yes_no(
                    "relation", f"logical reasoning~spatial reasoning~{name} relation reasoning",
                    ("Is the {a} {s} the {b}?", "Does the {a} lie {s} the {b}?"),
                    truth, "the {a} is {s} the {b}", "the {a} is not {s} the {b}",
                    a=a, b=b, s=say,
                )  # fmt: skip
                statement = f"The {a} is {say} the {b}."
                verify_claim(asker, "claim relation", "position claim", statement, truth)


def _neighbors(board: Board) -> None:
    asker = board.asker
    for thing, words in board.named():
        row, column = board.spot[thing.id]
        around = {way: board.at.get((row + dy, column + dx)) for way, (dy, dx) in _STEPS.items()}
        for way, other in around.items():
            if other is None:
                continue
            wrong = [board.short(o) for o in board.objects if o.id not in (other.id, thing.id)]
            wrong = [w for w in wrong if w != board.short(other)] or [
                board.short(board.changed(other))
            ]
            asker.ask(
                "neighbor", f"scene understanding~relationship detection~{way} neighbor detection",
                [("What is directly {s} the {a}?", "Directly {s} the {a} is {v}."),
                 ("Which object is in the cell right next to the {a}, {s} it?", "{v}")],
                article(board.short(other)),
                [article(w) for w in asker.some(wrong, 3, thing.id, way)], a=words, s=_SAY[way],
            )  # fmt: skip
            asker.add(
                "extract relation",
                "concept extraction~relationship extraction~spatial relationship extraction",
                f"State the position of the {words} relative to the object in the "
                f"{other.cell} cell.",
                f"The {words} is directly {_SAY[_back(way)]} it.",
                [f"The {words} is directly {_SAY[w]} it." for w in _SAY if w != _back(way)],
            )  # fmt: skip
        _adjacent(board, thing, words)


def _back(way: str) -> str:
    return {"left": "right", "right": "left", "up": "down", "down": "up"}[way]


def _adjacent(board: Board, thing: SceneObject, words: str) -> None:
    asker = board.asker
    row, column = board.spot[thing.id]
    for other, name in asker.some([p for p in board.named() if p[0] is not thing], 2, thing.id):
        dy, dx = abs(board.spot[other.id][0] - row), abs(board.spot[other.id][1] - column)
        asker.ask_yes_no(
            "adjacent", "logical reasoning~spatial reasoning~adjacent cell reasoning",
            ("Do the cells of the {a} and the {b} share an edge?",
             "Are the {a} and the {b} in cells that share a side?"),
            dy + dx == 1, "their cells share an edge", "their cells do not share an edge",
            a=words, b=name,
        )  # fmt: skip
    if board.side == 3:
        corner = row != 1 and column != 1
        opposite = board.at.get((2 - row, 2 - column))
        if corner and opposite:
            own = board.short(opposite)
            wrong = [board.short(o) for o in board.objects if board.short(o) != own]
            asker.ask(
                "diagonal", "logical reasoning~spatial reasoning~diagonal reasoning",
                [("Which object is in the corner diagonally opposite the {a}?", "{v}"),
                 ("Going from the {a} across the center to the far corner, what do you find?",
                  "You find {v}.")],
                article(own), [article(w) for w in asker.some(wrong, 3, thing.id)], a=words,
            )  # fmt: skip


def _shapes(board: Board) -> None:
    asker = board.asker
    for thing, words in board.named("category"):
        sides = SIDES.get(thing.category)
        if sides:
            asker.ask(
                "count sides",
                f"subject question and answer~mathematics~{thing.category} side counting",
                [("How many sides does the {a} have?", "It has {v} sides."),
                 ("Count the sides of the {a}.", "{v}")],
                sides, near(sides, least=3), a=words,
            )  # fmt: skip
        if thing.category in ICONS:
            asker.ask(
                "recognize icon",
                "target recognition in special image domains~target recognition in clip art~"
                f"{thing.category} recognition",
                [("What does the {a} drawing show?", "It shows {v}."),
                 ("Recognize the thing drawn as the {a}.", "It is {v}.")],
                article(thing.category),
                [article(i) for i in asker.some([i for i in ICONS if i != thing.category], 3)],
                a=words,
            )  # fmt: skip
    arrows = [o for o in board.objects if o.category == "arrow"]
    for thing in arrows:
        words = "arrow" if len(arrows) == 1 else f"arrow in the {thing.cell} cell"
        own = thing.attributes["direction"]
        asker.ask(
            "arrow direction", "analysis~pattern and size analysis~arrow direction identification",
            [("Which way does the {a} point?", "The {a} points {v}."),
             ("Does the {a} point up, down, left or right?", "{v}")],
            own, [d for d in DIRECTIONS if d != own], a=words,
        )  # fmt: skip


def _positions(board: Board) -> None:
    """The only object of the outermost column that holds any."""
    asker = board.asker
    for label, pick in (("leftmost", min), ("rightmost", max)):
        edge = pick(place[1] for place in board.at)
        outer = [o for o in board.objects if board.spot[o.id][1] == edge]
        if len(outer) != 1:
            continue
        own = board.short(outer[0])
        wrong = [board.short(o) for o in board.objects if board.short(o) != own]
        asker.ask(
            f"{label} object", f"logical reasoning~spatial reasoning~{label} object reasoning",
            [("Which object is furthest to the {a}?", "{v}"),
             ("Name the {b} object of the grid.", "The {b} object is {v}.")],
            article(own), [article(w) for w in asker.some(wrong, 3, label)],
            a=label.removesuffix("most"), b=label,
        )  # fmt: skip


def _background(board: Board) -> None:
    asker = board.asker
    own = str(board.asker.scene.facts["background"])
    for path in (
        "analysis~color analysis~background color identification",
        "scene understanding~background recognition~background color recognition",
    ):
        asker.ask(
            f"background {path[0]}", path,
            [("What color is the background?", "The background is {v}."),
             ("On which background color are the shapes drawn?", "{v}"),
             ("Name the color behind the objects.", "{v}")],
            own, [b for b in BACKGROUNDS if b != own],
        )  # fmt: skip


def _attribute_descriptions(board: Board) -> None:
    asker = board.asker
    for label, attribute in (
        ("color", "color"), ("shape", "category"), ("size", "size"), ("pattern", "pattern"),
    ):  # fmt: skip
        counts = board.counts[attribute]
        nouns = {v: v if attribute == "category" else f"{v} object" for v in counts}
        order = sorted(counts)
        right = listed([counted(counts[v], nouns[v]) for v in order])
        wrong = [
            listed([counted(counts[v] + (v == one), nouns[v]) for v in order]) for one in order[:3]
        ]
        asker.ask(
            f"describe by {label}",
            f"image description~attribute-based description~{label}-based description",
            [("Describe the objects only by their {a}, with counts.", "The picture shows {v}."),
             ("Going by {a} alone, what does the picture show?", "It shows {v}.")],
            right, wrong, a=label,
        )  # fmt: skip


def _captions(board: Board) -> None:
    asker, side = board.asker, board.side
    ground = str(asker.scene.facts["background"])
    size = f"{side}x{side} grid"

    def brief(things: Sequence[SceneObject]) -> str:
        some = listed([article(phrase(o, ("color", "category"))) for o in things[:3]])
        count = len(board.objects)
        return f"A {size} on a {ground} background with {count} objects, among them {some}."

    def rows(swapped: SceneObject | None) -> str:
        texts = []
        for k, name in enumerate(ROWS[side]):
            line = [board.at.get((k, i)) for i in range(side)]
            line = [board.changed(o) if o and o is swapped else o for o in line]
            texts.append(f"The {name} row holds, from left to right, {board.line(line)}.")
        return f"The picture is a {size} on a {ground} background. {' '.join(texts)}"

    things = list(board.objects)
    changed = [[board.changed(o) if o is one else o for o in things] for one in things[:3]]
    ask_captions(
        asker,
        Caption("shape grid", brief(things), [brief(c) for c in changed], rows(None),
                [rows(o) for o in things[:3]]),
    )  # fmt: skip
    most = board.counts["color"].most_common()
    text = "{} objects fill {} of the {} cells; {} different colors and {} different shapes occur."
    numbers = [len(things), len(things), side * side, len(most), len(board.counts["category"])]
    false = [
        text.format(*numbers[:3], numbers[3] + 1, numbers[4]),
        text.format(*numbers[:4], numbers[4] + 1),
    ]
    ask_summary(
        asker, "summarization~visual scene summarization~shape grid summarization",
        text.format(*numbers), false,
    )  # fmt: skip
    asker.ask(
        "arrangement", "analysis~composition analysis~object arrangement analysis",
        [("How are the objects arranged?", "They are arranged in {v}."),
         ("Which layout organizes the picture?", "The objects stand in {v}.")],
        f"a {size}", [f"a {n}x{n} grid" for n in (2, 3, 4) if n != side],
    )  # fmt: skip
