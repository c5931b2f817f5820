"""Worlds of the task space as scenes: each is drawn so that some plan has an instance in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from tg_assets.scenes.graph import Relation, Scene, SceneObject
from tg_assets.task_space.grids import neighbours
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.instancing import instantiate
from tg_assets.task_space.libraries import OpenLibrary, by_version
from tg_assets.task_space.world import Kind, World

if TYPE_CHECKING:
    from tg_assets.scenes.picture import Picture

PIXELS = 448
TRIES = 200
"""Plans that are drawn before a library is given up: most libraries have an instance of most."""


class NoWorld(ValueError):  # noqa: N818 - a library that holds none
    """No plan that was tried has an instance in this library."""


def compose(kind: Kind, family: str, seed: int, opened: OpenLibrary) -> Scene:
    """Return a scene in which a plan, drawn from the seed, has its instance.

    Args:
        kind: How it is drawn.
        family: The scene's family.
        seed: The picture's.
        opened: The library.

    Raises:
        NoWorld: None of the plans that were drawn has an instance.
    """
    return scene_of(_instance(kind, seed, opened), family, seed, opened)


def scene_of(instance: Instance, family: str, seed: int, opened: OpenLibrary) -> Scene:
    """Return the scene of an instance's world, which knows the plan it was made for.

    Args:
        instance: Of the library.
        family: The scene's family.
        seed: The picture's.
        opened: The library.
    """
    library, world = opened.library, instance.world
    things = tuple(
        SceneObject(
            thing.id,
            library.names[library.assets[thing.asset].categories[0]],
            _attributes(opened, thing.asset),
            None,
            thing.cell,
        )
        for thing in world.things
    )
    facts: dict[str, Any] = {
        "library": opened.version,
        "plan": {"generator": instance.plan["generator"], "index": instance.plan["index"]},
        "seed": instance.seed,
        "world": orjson.loads(world.to_json()),
    }
    return Scene(family, seed, PIXELS, PIXELS, things, tuple(_relations(world)), facts)


def _relations(world: World) -> Iterator[Relation]:
    """Yield how things in neighbouring cells lie from each other."""
    for place in neighbours(world.grid):
        one, other = world.at(place.cell), world.at(place.reference)
        if one is not None and other is not None:
            yield Relation(other.id, place.position, one.id)


def _instance(kind: Kind, seed: int, opened: OpenLibrary) -> Instance:
    """Return the instance of the first plan that has one, generators being equally likely."""
    dice = np.random.default_rng([seed, len(kind)])
    space = opened.space
    generators = [one for name, one in space.generators.items() if name.endswith(f"-{kind}")]
    generators = [one for one in generators if one.count]
    for _ in range(TRIES if generators else 0):
        generator = generators[int(dice.integers(len(generators)))]
        index = dice.integers(generator.count, size=1)
        plan = generator.plans(index).row(0, named=True)
        made = instantiate(opened.library, plan, seed)
        if isinstance(made, Instance):
            return made
    raise NoWorld(
        f"{opened.library.folder}: none of {TRIES} plans has an instance in {kind}; the library "
        "needs more objects, of several categories that are irrelevant to each other"
    )


def _attributes(opened: OpenLibrary, asset: str) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for value in opened.library.assets[asset].attributes:
        values.setdefault(value.type, []).append(value.value)
    return {kind: " and ".join(mine) for kind, mine in values.items()}


def world_of(scene: Scene) -> World:
    """Return the world that a scene shows."""
    return _world(scene.facts["world"])


def _world(raw: Mapping[str, Any]) -> World:
    return World.from_json(orjson.dumps(raw).decode())


def library_of(scene: Scene) -> OpenLibrary:
    """Return the library that a scene's objects are of.

    Raises:
        UnknownLibrary: It is not open in this process.
    """
    return by_version(str(scene.facts["library"]))


def with_boxes(scene: Scene, picture: Picture) -> Scene:
    """Return a scene whose objects have the boxes that the drawn picture gives them."""
    boxes = boxes_of(picture.mask, len(scene.objects))
    objects = tuple(
        replace(thing, box=box) for thing, box in zip(scene.objects, boxes, strict=True)
    )
    return replace(scene, objects=objects)


def boxes_of(
    mask: np.ndarray[Any, np.dtype[np.uint8]], things: int
) -> Sequence[tuple[float, float, float, float]]:
    """Return left, top, width and height of what each thing covers in a mask, in pixels."""
    found = []
    for number in range(1, things + 1):
        rows, columns = np.nonzero(mask == number)
        top, left = (int(rows.min()), int(columns.min())) if len(rows) else (0, 0)
        height = int(rows.max()) - top + 1 if len(rows) else 0
        width = int(columns.max()) - left + 1 if len(rows) else 0
        found.append((float(left), float(top), float(width), float(height)))
    return found
