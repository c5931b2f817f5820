"""The words that pictures, task types and questions share, each once."""

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (221, 36, 40),
    "orange": (250, 132, 14),
    "yellow": (252, 214, 24),
    "green": (34, 152, 62),
    "blue": (38, 92, 222),
    "purple": (128, 46, 170),
    "pink": (250, 136, 194),
    "brown": (122, 72, 34),
    "black": (26, 26, 30),
    "gray": (142, 146, 152),
}

# Shading darkens: brown would pass for shaded orange and black hides its own shape.
SOLID_COLORS: tuple[str, ...] = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "gray",
)  # fmt: skip

GEOMETRIC: tuple[str, ...] = (
    "circle", "square", "triangle", "star", "heart", "diamond", "pentagon", "hexagon", "cross",
    "crescent", "ring", "arrow",
)  # fmt: skip
ICONS: tuple[str, ...] = ("house", "tree", "fish", "flower", "boat", "mug")
SHAPES: tuple[str, ...] = GEOMETRIC + ICONS
SIDES: dict[str, int] = {"triangle": 3, "square": 4, "diamond": 4, "pentagon": 5, "hexagon": 6}
DIRECTIONS: tuple[str, ...] = ("up", "down", "left", "right")
PATTERNS: tuple[str, ...] = ("plain", "striped", "dotted")
SIZES: tuple[str, ...] = ("small", "large")

CELLS_2: tuple[str, ...] = ("top-left", "top-right", "bottom-left", "bottom-right")
CELLS_3: tuple[str, ...] = (
    "top-left", "top-center", "top-right",
    "middle-left", "center", "middle-right",
    "bottom-left", "bottom-center", "bottom-right",
)  # fmt: skip
ROWS: dict[int, tuple[str, ...]] = {2: ("top", "bottom"), 3: ("top", "middle", "bottom")}
COLUMNS: dict[int, tuple[str, ...]] = {2: ("left", "right"), 3: ("left", "center", "right")}

SOLIDS: tuple[str, ...] = ("sphere", "cube", "cylinder", "cone")
MATERIALS: tuple[str, ...] = ("rubber", "metal")

CHARTS: tuple[str, ...] = (
    "bar chart", "horizontal bar chart", "line chart", "pie chart", "scatter plot",
)  # fmt: skip
DOCUMENTS: tuple[str, ...] = (
    "receipt", "menu", "ticket", "shop sign", "road sign", "notice", "timetable",
)  # fmt: skip
PICTURES: tuple[str, ...] = ("shape grid", "tabletop scene", *CHARTS, *DOCUMENTS)

_IRREGULAR = {"fish": "fish", "cross": "crosses", "dish": "dishes"}
_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip


def plural(noun: str) -> str:
    """The plural of the last word of `noun`."""
    head, _, last = noun.rpartition(" ")
    many = _IRREGULAR.get(last, last + "s")
    return f"{head} {many}" if head else many


def counted(count: int, noun: str) -> str:
    """`3`, `star` -> `three stars`; figures above ten."""
    word = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{word} {noun if count == 1 else plural(noun)}"


def article(phrase: str) -> str:
    """`orange star` -> `an orange star`."""
    return f"{'an' if phrase[0].lower() in 'aeio' else 'a'} {phrase}"


def listed(parts: list[str]) -> str:
    """`[a, b, c]` -> `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
