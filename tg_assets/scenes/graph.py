"""The scene graph: everything true about one rendered picture."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class SceneObject:
    """One thing that the picture shows.

    Attributes:
        id: Unique within the scene.
        category: What it is ("star", "cube", "bar", "text line").
        attributes: Named properties, such as color, size, pattern, material or text.
        box: Left, top, width and height in pixels; of the whole object in charts and documents, of
            what is seen of it in worlds, where it is null until the picture is drawn.
        cell: The named grid cell that holds it, where the scene has cells.
    """

    id: str
    category: str
    attributes: dict[str, str]
    box: tuple[float, float, float, float] | None
    cell: str | None = None

    @property
    def center(self) -> tuple[float, float]:
        """The middle of the box.

        Raises:
            ValueError: It has none yet.
        """
        if self.box is None:
            raise ValueError(f"{self.id} has no box before its picture is drawn")
        x, y, width, height = self.box
        return x + width / 2, y + height / 2


@dataclass(frozen=True)
class Relation:
    """A directed relation: `subject` is `name` `object` (ids), e.g. o1 is left of o2."""

    subject: str
    name: str
    object: str


@dataclass(frozen=True)
class Scene:
    """A picture's complete truth; drawing it decides nothing more.

    `facts` is JSON-able (lists, not tuples) and holds what is specific to the family: chart
    series, receipt lines, sign text, table layout, and under `look` what only the eye cares about.
    """

    family: str
    seed: int
    width: int
    height: int
    objects: tuple[SceneObject, ...] = ()
    relations: tuple[Relation, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The canonical text: sorted keys, no spaces."""
        return json.dumps(
            asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )

    @classmethod
    def from_json(cls, text: str) -> "Scene":
        """The scene that `to_json` wrote.

        Raises:
            ValueError: The text is not a scene.
        """
        try:
            raw = json.loads(text)
            objects = tuple(
                SceneObject(**{**o, "box": _tuple(o["box"])}) for o in raw.pop("objects")
            )
            relations = tuple(Relation(**r) for r in raw.pop("relations"))
            return cls(objects=objects, relations=relations, **raw)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a scene graph: {error}") from error

    @cached_property
    def key(self) -> str:
        """A digest of the content, which names the scene in caches and wording choices."""
        return hashlib.blake2b(self.to_json().encode(), digest_size=16).hexdigest()

    def __hash__(self) -> int:
        """By content: `facts` is a dict, so the generated hash would not work."""
        return hash(self.key)


def _tuple(box: list[float] | None) -> tuple[float, ...] | None:
    return None if box is None else tuple(box)
