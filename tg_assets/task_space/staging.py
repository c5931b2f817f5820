"""A plan and a seed become a world: which objects stand where, how large, and what moves.

What a question could be about is decided here so that the plan's answer is the only one: nothing
else may fit, not even in doubt (`facts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tg_assets.task_space.dice import Dice
from tg_assets.task_space.directions import direction
from tg_assets.task_space.facts import Facts, Mask
from tg_assets.task_space.generators import MOVES, TURNS
from tg_assets.task_space.grids import CELLS, squared_distance
from tg_assets.task_space.plans import Plan
from tg_assets.task_space.reasons import NoSoundInstance, Reason
from tg_assets.task_space.world import Motion, Thing, World

FULL, LARGE, SMALL, TINY = 1.0, 0.7, 0.55, 0.4
"""Extents: others are at least `LARGE` beside the smallest, which is `TINY`, and at most `SMALL`
beside the largest, which is `FULL`: a ratio of 1.75 or more."""
USUAL = (0.8, 1.0)
TURNED = 35
"""Degrees to either side that a thing without views is turned: its front stays in sight."""


def stage(facts: Facts, plan: Plan, seed: str) -> World:
    """Return a world in which the plan's answer is right.

    Args:
        facts: The library.
        plan: What is to be asked.
        seed: The same key makes the same world.

    Raises:
        NoSoundInstance: There is none, or none with the objects of this library.
    """
    return _Stage(facts, plan, Dice(seed, "world")).world()


class _Stage:
    """The objects and cells of one world while it is made."""

    def __init__(self, facts: Facts, plan: Plan, dice: Dice) -> None:
        self.facts, self.plan, self.dice = facts, plan, dice
        self.used: set[int] = set()

    def world(self) -> World:
        """Put everything in its place."""
        placed = self._counted() if self.plan.count is not None else self._picked_out()
        cells, looks = CELLS[self.plan.grid], self.dice.apart("things")
        things = [
            self._thing(f"thing-{n}", cell, *placed[cell], looks)
            for n, cell in enumerate(cells, start=1)
            if cell in placed
        ]
        return World(
            kind=self.plan.shape.kind,
            grid=self.plan.grid,
            things=tuple(things),
            look=self.dice.apart("look").below(1 << 31),
        )

    def _picked_out(self) -> dict[str, tuple[int, str]]:
        """Return place and role of the object in each cell, for a question about one target."""
        plan, dice = self.plan, self.dice
        assert plan.cell is not None  # the plan was read
        placed = {plan.cell: (self._draw([self._targets()], dice.apart("target")), "target")}
        if plan.reference_cell is not None:
            one = self._draw([self._references()], dice.apart("reference"))
            placed[plan.reference_cell] = (one, "reference")
        cells = self._free(placed)
        fillers = self._fillers()
        if not cells or not fillers.any():
            raise NoSoundInstance(Reason.NOTHING_ELSE)
        few = 1 if plan.grid == 2 else 2
        much = dice.apart("others")
        n = much.between(min(few, len(cells)), len(cells))
        for cell, one in self._fill(cells, n, fillers, self._tempting(fillers)):
            placed[cell] = (one, "other")
        return placed

    def _counted(self) -> dict[str, tuple[int, str]]:
        """Return place and role of the object in each cell, for a question about how many."""
        plan, dice = self.plan, self.dice
        assert plan.count is not None
        cells = list(dice.apart("cells").shuffled(CELLS[plan.grid]))
        targets, rolls = self._targets(), dice.apart("target")
        placed = {cell: (self._draw([targets], rolls), "target") for cell in cells[: plan.count]}
        free, fillers = cells[plan.count :], self._fillers()
        if free and fillers.any():
            n = dice.apart("others").between(0, len(free))
            for cell, one in self._fill(free, n, fillers, self._tempting(fillers)):
                placed[cell] = (one, "other")
        return placed

    def _targets(self) -> Mask:
        """Return the objects that can be the target."""
        facts, plan = self.facts, self.plan
        mask = facts.drawn(plan.shape.kind)
        if plan.target is not None:
            mask = mask & facts.is_a(plan.target)
        if plan.attribute is not None:
            mask = mask & facts.has(plan.attribute)
        _left(mask, Reason.NOT_DRAWN)
        if plan.reference is not None:
            mask = _left(mask & ~facts.may_be(plan.reference), Reason.TARGET_IS_REFERENCE)
        if plan.attribute is not None and plan.about == "attribute":
            mask = _left(mask & facts.has_alone(plan.attribute), Reason.TWO_VALUES)
        if plan.shape.feature == "rotate":
            mask = _left(mask & ~facts.is_round, Reason.ROUND)
        return mask

    def _references(self) -> Mask:
        """Return the objects that can be the reference: they never fit the question."""
        facts, plan = self.facts, self.plan
        assert plan.reference is not None
        assert plan.target is not None
        mask = facts.drawn(plan.shape.kind) & facts.is_a(plan.reference)
        mask = _left(mask, Reason.NOT_DRAWN) & ~facts.may_be(plan.target)
        mask = _left(mask, Reason.REFERENCE_IS_TARGET)
        if plan.shape.feature == "rotate" and plan.others != "still":
            mask = _left(mask & ~facts.is_round, Reason.ROUND)
        if plan.claim.about == "position" and self._by_attribute_alone:
            assert plan.attribute is not None
            mask = _left(mask & facts.lacks(plan.attribute), Reason.REFERENCE_MAY_FIT)
        return mask

    def _fillers(self) -> Mask:
        """Return the objects that may stand anywhere else."""
        facts, plan, claim = self.facts, self.plan, self.plan.claim
        mask = facts.drawn(plan.shape.kind).copy()
        if plan.reference is not None:
            mask &= ~facts.may_be(plan.reference)
        if plan.shape.feature == "rotate" and plan.others != "still":
            mask &= ~facts.is_round
        if self._by_attribute_alone:
            assert plan.attribute is not None
            return mask & facts.lacks(plan.attribute)
        if plan.target is not None and (claim.category or claim.about == "category"):
            other = ~facts.may_be(plan.target)
            if claim.category and claim.attribute:
                other |= facts.lacks(claim.attribute)
            mask &= other
        return mask

    @property
    def _by_attribute_alone(self) -> bool:
        """Whether nothing but the attribute value keeps other objects from fitting."""
        claim = self.plan.claim
        picked = claim.category or claim.size or claim.distance or claim.motion
        by_place = claim.cell or claim.position
        return claim.attribute is not None and not picked and not by_place

    def _tempting(self, fillers: Mask) -> list[Mask]:
        """Return groups of fillers that share something with the target, so that it takes a look.

        A green apple beside the red one that is asked about, and a red ball; for an asked
        attribute, objects whose value is another for certain.
        """
        facts, plan, claim = self.facts, self.plan, self.plan.claim
        if plan.attribute is None:
            return []
        if claim.about == "attribute":
            return [fillers & facts.lacks(plan.attribute)]
        groups = [fillers & facts.has(plan.attribute)]
        if claim.category:
            groups.append(fillers & facts.is_a(claim.category))
        return groups

    def _fill(
        self, cells: Sequence[str], n: int, fillers: Mask, tempting: Sequence[Mask]
    ) -> Iterable[tuple[str, int]]:
        """Return so many cells, each with an object; tempting ones first, where there are any."""
        rolls = self.dice.apart("fillers")
        chosen = list(self.dice.apart("free cells").shuffled(cells))[:n]
        for place, cell in enumerate(chosen):
            wanted = [tempting[place % len(tempting)]] if tempting and place < 3 else []
            yield cell, self._draw([*wanted, fillers], rolls)

    def _draw(self, groups: Sequence[Mask], rolls: Dice) -> int:
        """Return an object of the first group that has one, a new one while there are any."""
        there = [places for group in groups if len(places := group.nonzero()[0])]
        for places in there:
            for _ in range(4):
                one = int(places[rolls.below(len(places))])
                if one not in self.used:
                    self.used.add(one)
                    return one
            new = [int(place) for place in places if int(place) not in self.used]
            if new:
                one = rolls.one_of(new)
                self.used.add(one)
                return one
        return int(there[0][rolls.below(len(there[0]))])

    def _free(self, placed: Iterable[str]) -> list[str]:
        """Return the cells that something else may stand in."""
        plan = self.plan
        free = [cell for cell in CELLS[plan.grid] if cell not in placed]
        if plan.reference_cell is None or plan.cell is None:
            return free
        reference = plan.reference_cell
        if plan.distance is not None:
            there = squared_distance(plan.grid, plan.cell, reference)
            away = {cell: squared_distance(plan.grid, cell, reference) for cell in free}
            if plan.distance == "closest":
                return [cell for cell in free if away[cell] > there]
            return [cell for cell in free if away[cell] < there]
        if plan.claim.position is None:
            return free
        return [
            cell for cell in free if direction(plan.grid, reference, cell) != plan.claim.position
        ]

    def _thing(self, name: str, cell: str, place: int, role: str, dice: Dice) -> Thing:
        asset = self.facts.library.assets[self.facts.ids[place]]
        if asset.views:
            turn = dice.one_of(asset.views)[1]
        else:
            turn = 0.0 if self.plan.shape.kind == "2d" else float(dice.between(-TURNED, TURNED))
        return Thing(
            id=name,
            asset=asset.id,
            cell=cell,
            size=self._size(role, dice),
            turn=turn,
            motion=self._motion(role, dice),
        )

    def _size(self, role: str, dice: Dice) -> float:
        size = self.plan.size
        if size is None:
            low, high = USUAL
        elif role == "target":
            return FULL if size == "largest" else TINY
        else:
            low, high = (TINY, SMALL) if size == "largest" else (LARGE, FULL)
        return round(low + (high - low) * dice.between(0, 100) / 100, 3)

    def _motion(self, role: str, dice: Dice) -> Motion | None:
        motion = self.plan.motion
        if role == "target" or motion is None:
            return motion
        if self.plan.others == "still":
            return None
        ways = MOVES if motion.kind == "move" else TURNS
        return Motion(motion.kind, dice.one_of([way for way in ways if way != motion.direction]))


def _left(mask: Mask, reason: Reason) -> Mask:
    if not mask.any():
        raise NoSoundInstance(reason)
    return mask
