"""Which plans to evaluate next.

`published` is Task-Me-Anything's: the plans of the units that are predicted most wanted, or nearest
to the threshold. `by_gain` asks where knowing changes the answer most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from tg_assets.model_performance.queries.belief import Belief
from tg_assets.model_performance.queries.evaluations import Numbers, Places
from tg_assets.model_performance.queries.units import Units


@dataclass(frozen=True)
class Aim:
    """What a query looks for among scores.

    Attributes:
        k: So many of the highest; None where there is a threshold.
        above: Those above; None where it follows from the scores.
        deviations: Then: so many standard deviations above their mean.
    """

    k: int | None = None
    above: float | None = None
    deviations: float = 1.0

    def threshold(self, belief: Belief) -> float:
        """Return what scores must exceed."""
        if self.above is not None:
            return self.above
        if np.isnan(belief.mean).all():
            return float("nan")
        return float(np.nanmean(belief.mean)) + self.deviations * belief.total_spread


def published(
    aim: Aim,
    expected: Numbers,
    above: float,
    open_plans: Places,
    units: Units,
    batch: int,
    dice: np.random.Generator,
) -> Places:
    """Return a random open plan of each of the first units, in the published order.

    Args:
        aim: What is looked for.
        expected: The predicted score of each unit.
        above: What scores must exceed, where that matters.
        open_plans: Plans that may be bought.
        units: The units.
        batch: How many plans, at most.
        dice: Chooses within units.
    """
    wanted = -expected if aim.k is not None else np.abs(expected - above)
    return _one_of_each(np.argsort(wanted, kind="stable"), open_plans, units, batch, dice)


def _one_of_each(
    order: np.ndarray, open_plans: Places, units: Units, batch: int, dice: np.random.Generator
) -> Places:
    shuffled = dice.permutation(open_plans)
    first = np.full(units.number, -1)
    first[units.of_plan[shuffled]] = shuffled
    chosen = first[order]
    return np.asarray(chosen[chosen >= 0][:batch])


def by_gain(
    aim: Aim,
    belief: Belief,
    known: Numbers,
    open_plans: Places,
    units: Units,
    batch: int,
    dice: np.random.Generator,
) -> Places:
    """Return the plans whose evaluation is expected to change the answer most.

    Args:
        aim: What is looked for.
        belief: What is believed now.
        known: Scores of plans, NaN where not known.
        open_plans: Plans that may be bought.
        units: The units.
        batch: How many plans, at most.
        dice: Chooses within units.
    """
    if units.are_plans:
        gain = _gain_of_plans(aim, belief, known)[units.of_plan]
        noise = dice.random(len(open_plans)) * 1e-9
        return np.asarray(open_plans[np.argsort(-gain[open_plans] - noise, kind="stable")[:batch]])
    return _plans_of_units(aim, belief, open_plans, units, batch, dice)


def _gain_of_plans(aim: Aim, belief: Belief, known: Numbers) -> Numbers:
    """Return the gain of each unit that is one plan: evaluated, it is known for certain."""
    if aim.k is not None:
        there = np.sort(known[~np.isnan(known)])
        bar = there[-min(aim.k, len(there))]
        return np.asarray((belief.mean - bar) / np.maximum(belief.spread, 1e-9))
    chance = belief.chance_above(aim.threshold(belief))
    cut = chance_cut(chance)
    return np.where(chance < cut, chance * (1 - cut), (1 - chance) * cut)


def _plans_of_units(
    aim: Aim,
    belief: Belief,
    open_plans: Places,
    units: Units,
    batch: int,
    dice: np.random.Generator,
) -> Places:
    """Return plans of the units whose place in the answer is least sure, several of one if need be.

    The expected loss of deciding now is spread x L(distance to the bar / spread), with L the normal
    loss; each plan of a unit that is chosen is taken to shrink its spread as one more evaluation.
    """
    bar = _bar(aim, belief)
    waiting = [list(dice.permutation(places)) for places in _open_members(open_plans, units)]
    left = np.array([len(places) for places in waiting], float)
    spread = np.where(left > 0, belief.spread, 0.0)
    seen = np.maximum(units.sizes - left, 0) + 1
    chosen: list[int] = []
    for _ in range(min(batch, len(open_plans))):
        away = np.abs(belief.mean - bar) / np.maximum(spread, 1e-12)
        loss = np.where(left > 0, spread * (norm.pdf(away) - away * norm.sf(away)), -1.0)
        unit = int(np.argmax(loss + 1e-9 * spread))
        if left[unit] == 0:
            unit = int(np.argmax(left))
        chosen.append(waiting[unit].pop())
        left[unit] -= 1
        spread[unit] *= np.sqrt(seen[unit] / (seen[unit] + 1))
        seen[unit] += 1
    return np.array(chosen, np.int64)


def _bar(aim: Aim, belief: Belief) -> float:
    if aim.k is None:
        return aim.threshold(belief)
    ordered = np.sort(belief.mean)[::-1]
    if aim.k >= len(ordered):
        return float(ordered[-1])
    return float(ordered[aim.k - 1] + ordered[aim.k]) / 2


def _open_members(open_plans: Places, units: Units) -> list[Places]:
    is_open = np.zeros(len(units.of_plan), bool)
    is_open[open_plans] = True
    return [places[is_open[places]] for places in units.members]


def chance_cut(chance: Numbers) -> float:
    """Return above which chance a unit belongs to the answer whose expected F1 is greatest.

    F1 = 2 x hits / (answered + true), with each replaced by its expectation; an empty answer is
    right when nothing belongs to it.
    """
    ordered = np.sort(np.nan_to_num(chance))[::-1]
    expected = ordered.sum()
    if expected == 0:
        return 0.5
    f1 = 2 * np.cumsum(ordered) / (np.arange(1, len(ordered) + 1) + expected)
    if float(np.prod(1 - ordered)) > f1.max():
        return 1.0 + 1e-9
    return float(ordered[int(np.argmax(f1))])
