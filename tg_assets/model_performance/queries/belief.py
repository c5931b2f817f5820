"""What is believed of each unit: an expectation, an interval, and chances to lie above a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from tg_assets.model_performance.queries.evaluations import Numbers, Places
from tg_assets.model_performance.queries.process import Posterior
from tg_assets.model_performance.queries.units import Units

ENOUGH_ERRORS = 30
"""With fewer left-out errors than that, they are taken to be normal."""


@dataclass(frozen=True)
class Belief:
    """What is believed, a number a unit.

    Attributes:
        plans: Expected score of each plan; NaN where nothing is said of it.
        mean: Expected score of each unit.
        spread: Its standard deviation; 0 where every plan of the unit is known.
        errors: How far single plans lie from what was expected of them, in standard deviations,
            ascending; empty where units are not plans.
        freedom: Degrees of freedom of the spread.
        total_spread: Standard deviation of the scores of all units.
    """

    plans: Numbers
    mean: Numbers
    spread: Numbers
    errors: np.ndarray
    freedom: float
    total_spread: float

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
        return np.asarray(np.where(self.exact, known, chance))


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
) -> Belief:
    """Return what a posterior says of units.

    Args:
        posterior: Of all plans.
        values: Scores of plans, NaN where not known.
        units: The units.
        errors: How far plans drawn at random lay from what was said of them before they were
            evaluated, in predicted standard deviations: how good the posterior's intervals are.
        dice: For long units.
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
    return Belief(plans, mean, spread, kept, float("inf"), float(total))


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
    missing = 1 - units.drawn * number / units.sizes
    with np.errstate(divide="ignore"):
        spread = np.where(missing == 0, 0.0, np.sqrt(variance * missing / number))
    spread[number == 0] = np.nan
    total = float(np.nanstd(mean)) if len(there) else np.nan
    return Belief(values, mean, spread, np.zeros(0), float(max(freedom, 1)), total)
