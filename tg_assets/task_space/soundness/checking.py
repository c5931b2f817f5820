"""The checker: everything that is wrong with an instance, found from its own data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

from tg_assets.scenes.picture import Clip, Picture
from tg_assets.task_space.grids import CELLS, RELATIVE
from tg_assets.task_space.instance import Claim, Instance
from tg_assets.task_space.library import Library
from tg_assets.task_space.soundness.claims import claim_of, kind_and_family, motion_of
from tg_assets.task_space.soundness.faults import Fault
from tg_assets.task_space.soundness.fitting import CLEARLY, Picked, pick
from tg_assets.task_space.soundness.moving import clip_faults
from tg_assets.task_space.soundness.options import option_faults
from tg_assets.task_space.soundness.seeing import picture_faults
from tg_assets.task_space.soundness.truths import Truth, Truths
from tg_assets.task_space.soundness.wording import question_faults
from tg_assets.task_space.world import Thing, World

TURNS = ("clockwise", "counterclockwise")
MOVES = ("left", "right", "up", "down")
SEPARATOR = "~"


class Checker:
    """Checks instances over one library; what it learns of objects is kept for the next.

    Attributes:
        truths: What the library's objects are and have.
    """

    def __init__(self, library: Library) -> None:
        self.truths = Truths(library)

    def faults(self, instance: Instance) -> list[Fault]:
        """Return everything that is wrong with an instance; an empty list means it is sound."""
        found = list(self._world_faults(instance.world))
        claim = instance.asked.claim
        expected = claim_of(instance.plan)
        if claim is None or claim != expected:
            found.append(Fault("claim", f"the plan means {expected}, the question {claim}"))
        if claim is None or found:
            return found  # no world to judge the question by
        picked = pick(claim, instance.world, self.truths)
        found += self._picked_faults(instance, claim, picked)
        found += self._staging_faults(instance, claim, picked)
        found += option_faults(instance.asked, claim, instance.world, picked, self.truths)
        if not any(fault.kind == "options" for fault in found):
            found += question_faults(instance.asked, claim, self.truths)
        labels = instance.task_type.split(SEPARATOR)
        if len(labels) < 2 or not all(label == label.strip() != "" for label in labels):
            found.append(Fault("task type", f"{instance.task_type!r} is no path in the tree"))
        return found

    def seen_faults(self, instance: Instance, shown: Picture | Clip) -> list[Fault]:
        """Return everything that a sound instance's picture or video does not show as it should.

        Args:
            instance: Has no `faults`.
            shown: A clip where its world is a video.
        """
        claim, world = instance.asked.claim, instance.world
        if claim is None:
            return [Fault("claim", "there is no claim about a world")]
        if isinstance(shown, Clip) != (world.kind == "video"):
            return [Fault("mask", f"a {type(shown).__name__} of a world of kind {world.kind}")]
        picked = pick(claim, world, self.truths)
        if isinstance(shown, Clip):
            return clip_faults(world, claim, picked, shown, self.truths)
        return picture_faults(world, claim, picked, shown, self.truths)

    def _world_faults(self, world: World) -> Iterator[Fault]:
        if world.grid not in CELLS:
            yield Fault("grid", f"a grid of {world.grid} x {world.grid} is not known")
            return
        cells = CELLS[world.grid]
        for thing in world.things:
            if thing.cell not in cells:
                yield Fault("grid", f"{thing.id} stands in {thing.cell}, which is no cell")
            if not self.truths.knows(thing.asset):
                yield Fault("unknown object", f"{thing.id} is {thing.asset}, not in the library")
            if not 0 < thing.size <= 1:
                yield Fault("size range", f"{thing.id} has the size {thing.size}")
            yield from _motion_faults(thing, world)
        places = [cells.index(thing.cell) for thing in world.things if thing.cell in cells]
        if len(set(places)) < len(places):
            yield Fault("cell taken twice", "two things stand in one cell")
        elif any(one > next_one for one, next_one in pairwise(places)):
            yield Fault("order of things", "the things are not in the order of cells")
        if len({thing.id for thing in world.things}) < len(world.things):
            yield Fault("same id", "two things have one id")

    def _picked_faults(self, instance: Instance, claim: Claim, picked: Picked) -> Iterator[Fault]:
        if claim.about != "count" and len(picked.things) > 1:
            yield Fault("several fit", _ids(picked.things))
        if not picked.things:
            yield Fault("nothing fits", "the question picks nothing out")
        if picked.perhaps:
            yield Fault("another may fit", _ids(picked.perhaps))
        if claim.reference is not None:
            yield from self._reference_faults(instance, claim, picked)
        if claim.size is not None:
            yield from _size_faults(picked)
        for thing in picked.things:
            yield from self._thing_faults(thing, claim)

    def _thing_faults(self, thing: Thing, claim: Claim) -> Iterator[Fault]:
        turns = claim.motion is not None and claim.motion.kind == "rotate"
        if turns and self.truths.library.assets[thing.asset].is_round:
            yield Fault("turn unseen", f"{thing.id} is round: nobody sees it turn")
        kind = str(claim.attribute_type)
        if claim.about == "attribute" and len(self.truths.values(thing.asset, kind)) != 1:
            yield Fault("attribute not single", f"{thing.id} has not one {kind}")

    def _reference_faults(
        self, instance: Instance, claim: Claim, picked: Picked
    ) -> Iterator[Fault]:
        if not picked.references:
            yield Fault("no reference", f"nothing is a {claim.reference}")
        if len(picked.references) > 1 or picked.perhaps_references:
            both = picked.references + picked.perhaps_references
            yield Fault("several references", _ids(both))
        for thing in picked.references:
            target = instance.plan.get("target")
            alike = target is not None and self.truths.is_a(thing.asset, target) is not Truth.NO
            if thing in picked.things or alike:
                yield Fault("reference fits", f"{thing.id} is or may be what is asked for")

    def _staging_faults(self, instance: Instance, claim: Claim, picked: Picked) -> Iterator[Fault]:
        plan, world = instance.plan, instance.world
        kind, _ = kind_and_family(plan["generator"])
        if (world.kind, world.grid) != (kind, plan["grid"]):
            yield Fault("staging", f"the plan is {kind} on {plan['grid']}, not the world")
            return
        if claim.about == "count":
            if len(picked.things) != plan["count"]:
                yield Fault("staging", f"{len(picked.things)} fit, not {plan['count']}")
            return
        for thing in picked.things if len(picked.things) == 1 else ():
            yield from self._target_faults(thing, instance)
        for thing in picked.references if len(picked.references) == 1 else ():
            cell = _beside(world.grid, plan["cell"], plan["position"])
            if thing.cell != cell:
                yield Fault("staging", f"the reference stands in {thing.cell}, not in {cell}")
        if kind == "video":
            yield from _others_faults(instance, picked)

    def _target_faults(self, thing: Thing, instance: Instance) -> Iterator[Fault]:
        plan = instance.plan
        if thing.cell != plan["cell"]:
            yield Fault("staging", f"{thing.id} stands in {thing.cell}, not in {plan['cell']}")
        target = plan.get("target")
        if target is not None and self.truths.is_a(thing.asset, target) is not Truth.YES:
            yield Fault("staging", f"{thing.id} is no {target}")
        kind, value = plan.get("attribute_type"), plan.get("attribute_value")
        if value is not None and value not in self.truths.values(thing.asset, str(kind)):
            yield Fault("staging", f"{thing.id} is not {value}")


def _motion_faults(thing: Thing, world: World) -> Iterator[Fault]:
    motion = thing.motion
    if motion is None:
        return
    if world.kind != "video":
        yield Fault("motion", f"{thing.id} moves in a picture")
    if motion.direction not in (TURNS if motion.kind == "rotate" else MOVES):
        yield Fault("motion", f"{thing.id} has no motion {motion.kind} {motion.direction}")


def _size_faults(picked: Picked) -> Iterator[Fault]:
    for one, other in combinations(picked.compared, 2):
        if one not in picked.things and other not in picked.things:
            continue
        small, large = sorted((one.size, other.size))
        if large < CLEARLY * small * (1 - 1e-9):
            yield Fault("sizes alike", f"{one.id} of {one.size} beside {other.id} of {other.size}")


def _others_faults(instance: Instance, picked: Picked) -> Iterator[Fault]:
    target = motion_of(instance.plan)
    others = [thing for thing in instance.world.things if thing not in picked.things]
    wrong: dict[str, Callable[[Thing], bool]] = {
        "still": lambda thing: thing.motion is not None,
        "moving otherwise": lambda thing: thing.motion is None or thing.motion == target,
    }
    for thing in filter(wrong[instance.plan["others"]], others):
        yield Fault("others", f"{thing.id} has the motion {thing.motion}")


def _beside(grid: int, cell: str, position: str) -> str | None:
    place = CELLS[grid].index(cell)
    down, right = RELATIVE[position]
    row, column = place // grid + down, place % grid + right
    inside = 0 <= row < grid and 0 <= column < grid
    return CELLS[grid][row * grid + column] if inside else None


def _ids(things: tuple[Thing, ...]) -> str:
    return ", ".join(f"{thing.id} ({thing.asset} in {thing.cell})" for thing in things)
