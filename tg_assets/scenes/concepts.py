"""The words that pictures, task types and questions share, each once."""

from collections.abc import Mapping

from tg_assets.task_space.world import Kind

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

CHARTS: tuple[str, ...] = (
    "bar chart", "horizontal bar chart", "line chart", "pie chart", "scatter plot",
)  # fmt: skip
DOCUMENTS: tuple[str, ...] = (
    "receipt", "menu", "ticket", "shop sign", "road sign", "notice", "timetable",
)  # fmt: skip
COMPOSITIONS: Mapping[Kind, str] = {"2d": "clip art picture", "3d": "3d rendered scene"}
PICTURES: tuple[str, ...] = (*COMPOSITIONS.values(), *CHARTS, *DOCUMENTS)

_IRREGULAR = {"dish": "dishes"}


def plural(noun: str) -> str:
    """The plural of the last word of `noun`."""
    head, _, last = noun.rpartition(" ")
    many = _IRREGULAR.get(last, last + "s")
    return f"{head} {many}" if head else many


def article(phrase: str) -> str:
    """`orange star` -> `an orange star`."""
    return f"{'an' if phrase[0].lower() in 'aeio' else 'a'} {phrase}"


def listed(parts: list[str]) -> str:
    """`[a, b, c]` -> `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
