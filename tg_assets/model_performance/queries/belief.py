"""What is believed of each unit: an expectation, an interval, and chances to lie above a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from tg_assets.model_performance.queries.evaluations import Numbers, Places
from tg_assets.model_performance.queries.process import Posterior
from tg_assets.model_performance.queries.units import Units

MOST_UNITS, MOST_MEMBERS, DRAWS = 400, 8, 400
"""How units err together is worked out on so many plans, or units by so many plans each."""
ENOUGH_ERRORS = 20
"""With fewer left-out errors than that, they are taken to be normal."""


@dataclass(frozen=True)
class Together:
    """How units err together: one unit of many being better than expected, others are too.

    Attributes:
        units: Some of the units that are not known, drawn at random.
        errors: Draws x units: in standard deviations.
    """

    units: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class Belief:
    """What is believed, a number a unit.

    Attributes:
        mean: Expected score of each unit; NaN where nothing is said of it.
        spread: Its standard deviation; 0 where every plan of the unit is known.
        errors: How far single plans lie from what was expected of them, in standard deviations,
            ascending; empty where units are not plans.
        freedom: Degrees of freedom of the spread.
        total_spread: Standard deviation of the scores of all units.
        together: How units err together; None where that was not worked out.
    """

    mean: Numbers
    spread: Numbers
    errors: np.ndarray
    freedom: float
    total_spread: float
    together: Together | None = None

    @property
    def exact(self) -> np.ndarray:
        """Which units are known, not estimated."""
        return np.asarray(self.spread == 0)

    def interval(self, confidence: float) -> tuple[Numbers, Numbers]:
        """Return below and above what each unit lies with less than (1 - confidence) / 2."""
        tail = (1 - confidence) / 2
        if len(self.errors) >= ENOUGH_ERRORS:
            low, high = _conformal(self.errors, tail)
        else:
            high = float(t.ppf(1 - tail, self.freedom))
            low = -high
        return self.mean + low * self.spread, self.mean + high * self.spread

    def chance_above(self, value: float) -> Numbers:
        """Return how likely each unit's score is more than a value; NaN where nothing is known."""
        away = np.divide(
            value - self.mean, self.spread, out=np.zeros_like(self.mean), where=self.spread > 0
        )
        if len(self.errors) >= ENOUGH_ERRORS:
            below = np.searchsorted(self.errors, away, side="right") / len(self.errors)
            chance = 1 - below
        else:
            chance = t.sf(away, self.freedom)
        known = np.where(self.mean > value + 1e-9, 1.0, 0.0)
        chance = np.where(self.exact, known, chance)
        return np.asarray(np.where(np.isnan(self.mean), np.nan, chance))

    def number_above(self, value: float, confidence: float) -> tuple[float, float, float]:
        """Return how many units lie above a value: expected, low, high.

        Units that nothing is said of are like those that something is said of. Chances that rest
        on n errors may all be off together by what n plans would not have shown.
        """
        chance = self.chance_above(value)
        said = chance[~np.isnan(chance)]
        share, unsaid = float(said.mean()), len(chance) - len(said)
        open_ones = int((~self.exact[~np.isnan(chance)]).sum())
        tosses = float((said * (1 - said)).sum())
        variance = tosses + open_ones**2 * self._shared_variance(value)
        if len(self.errors):
            variance += open_ones * tosses / len(self.errors)
        variance += unsaid * share * (1 - share) * (1 + unsaid / len(said))
        expected = float(said.sum()) + unsaid * share
        reach = float(norm.ppf((1 + confidence) / 2) * np.sqrt(variance))
        certain = float((said == 1).sum())
        return expected, max(certain, expected - reach), min(float(len(chance)), expected + reach)

    def _shared_variance(self, value: float) -> float:
        """Return the variance of the share of units above a value, of endlessly many like these."""
        if self.together is None:
            return 0.0
        units = self.together.units
        above = self.mean[units] + self.spread[units] * self.together.errors > value
        chance = above.mean(axis=0)
        by_itself = float((chance * (1 - chance)).mean()) / len(units)
        return max(0.0, float(above.mean(axis=1).var()) - by_itself)


def _conformal(errors: np.ndarray, tail: float) -> tuple[float, float]:
    """Return the quantiles that a further error of the same kind lies outside of with 2 x tail."""
    number = len(errors)
    out = int(np.floor(tail * (number + 1)))
    if out < 1:
        widest = float(max(-errors[0], errors[-1], norm.ppf(1 - tail)))
        return -widest, widest
    return float(errors[out - 1]), float(errors[number - out])


def believe(
    posterior: Posterior,
    values: Numbers,
    units: Units,
    errors: np.ndarray,
    dice: np.random.Generator,
    *,
    together: bool = False,
) -> Belief:
    """Return what a posterior says of units.

    Args:
        posterior: Of all plans.
        values: Scores of plans, NaN where not known.
        units: The units.
        errors: How far plans drawn at random lay from what was said of them before they were
            evaluated, in predicted standard deviations: how good the posterior's intervals are.
        dice: For long units.
        together: Also work out how units err together.
    """
    unknown = np.isnan(values)
    plans = np.where(unknown, posterior.mean, values)
    variance = np.where(unknown, posterior.variance + posterior.noise, 0.0)
    mean = units.means(plans)
    if units.are_plans:
        spread, kept = np.sqrt(variance), np.sort(errors)
    else:
        drawing = _variance_of_drawing(plans, variance, units)
        shared = _variance_of_means(posterior, unknown, units, dice)
        spread = np.sqrt(_inflation(errors) * shared + drawing)
        kept = np.zeros(0)
    total = np.sqrt(mean.var() + (spread**2).mean())
    joint = _together(posterior, unknown, units, spread, dice) if together else None
    return Belief(mean, spread, kept, float("inf"), float(total), joint)


def _together(
    posterior: Posterior,
    unknown: np.ndarray,
    units: Units,
    spread: Numbers,
    dice: np.random.Generator,
) -> Together | None:
    """Return how some units err together, each by some of its plans that are not known."""
    most = MOST_UNITS if units.are_plans else MOST_UNITS // MOST_MEMBERS
    some = dice.permutation(np.flatnonzero(spread > 0))[:most]
    members = [units.members[unit] for unit in some]
    members = [dice.permutation(m[unknown[m]] if unknown[m].any() else m) for m in members]
    if len(some) < 2:
        return None
    shared = posterior.covariance_of_means([places[:MOST_MEMBERS] for places in members])
    if not units.are_plans:
        left = np.array([unknown[units.members[unit]].mean() for unit in some])
        shared *= np.outer(left, left)
    alike = shared / np.outer(spread[some], spread[some])
    np.fill_diagonal(alike, np.maximum(1.0, np.diag(alike)))
    values, vectors = np.linalg.eigh(alike)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return Together(some, dice.standard_normal((DRAWS, len(some))) @ root.T)


def _inflation(errors: np.ndarray) -> float:
    """Return by how much the posterior's variances are too small (or too great)."""
    return float((errors**2).mean()) if len(errors) >= ENOUGH_ERRORS else 1.0


def _variance_of_drawing(plans: Numbers, variance: Numbers, units: Units) -> Numbers:
    """Return the variance of each unit's mean because its plans were drawn from more.

    Args:
        plans: Expected score of each plan.
        variance: Of each plan.
        units: The units; the spread of plans is taken to be the same within all of them.
    """
    if units.drawn == 1:
        return np.zeros(units.number)
    away = plans - units.means(plans)[units.of_plan]
    freedom = max(1, len(plans) - units.number)
    within = float(away @ away) / freedom + float(variance.mean())
    return np.asarray((1 - units.drawn) * within / units.sizes)


def _variance_of_means(
    posterior: Posterior, unknown: np.ndarray, units: Units, dice: np.random.Generator
) -> Numbers:
    """Return the variance of the mean score of each unit's plans."""
    open_members = [places[unknown[places]] for places in units.members]
    left = np.array([len(places) for places in open_members])
    some = np.flatnonzero(left)
    variance = np.zeros(units.number)
    if len(some):
        shared = posterior.variance_of_means([open_members[unit] for unit in some], dice)
        variance[some] = (left[some] / units.sizes[some]) ** 2 * (
            shared + posterior.noise / left[some]
        )
    return variance


def _variance(pooled: float, number: Places) -> Numbers:
    """Return the variance of each unit's plans: the pooled one, where any two plans differ.

    Where all agree, right or wrong, so many in a row leave, by Laplace's rule, one in number + 2 of
    the other kind.
    """
    if pooled > 0:
        return np.full(len(number), pooled)
    share = 1 / (number + 2)
    return share * (1 - share)


def believe_sample(values: Numbers, units: Units) -> Belief:
    """Return what evaluated plans say, as a sample of their units, of those units alone.

    A unit with no evaluated plan has no expectation.
    """
    there: Places = np.flatnonzero(~np.isnan(values))
    mean = units.means(values)
    number = np.bincount(units.of_plan[there], minlength=units.number)
    within = values[there] - mean[units.of_plan[there]]
    freedom = len(there) - int((number > 0).sum())
    variance = float(within @ within) / freedom if freedom > 0 else np.nan
    missing = np.zeros(units.number) if units.are_plans else 1 - units.drawn * number / units.sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = _variance(variance, number) * missing / number
    spread = np.where(missing == 0, 0.0, np.sqrt(variances))
    spread[number == 0] = np.nan
    total = float(np.nanstd(mean)) if len(there) else np.nan
    return Belief(mean, spread, np.zeros(0), float(max(freedom, 1)), total)
