"""When assets run by themselves, in one place.

An edge of one partition to one: run when an input is new, once all inputs are there and open. A
tolerant edge of many partitions to one: run when an input is new, once one partition of every
input is open; the gate inside the asset takes the open ones (see `tg_assets.gates`).

What counts as new: the rows of an input changed (one that was materialized again and left alone
because it was up to date does not count), an input that had failed its checks passed them, or the
asset's own partition has never been made. Assets of the same partitions are asked for together, in
one run, with the gates between them.

Conditions are edge-triggered: a partition that failed is not tried again by every tick, but when
an input changes or the nightly refresh comes by. Two updates can still escape the automation, and
the refresh, which decides by the files, finds them: an input that is remade by hand while what
reads it runs, and rows checked by hand long after they were made.
"""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster._core.storage.tags import AUTOMATION_CONDITION_TAG

from tg_assets.partitions import EDGES

Condition = dg.AutomationCondition

# What is so of one input.
#
# `will_be_requested` is asked of the asset, never of its check: Dagster counts a check as requested
# only when it has a condition of its own. It is true only of what goes into the same run.
_coming = Condition.will_be_requested()
_passed = Condition.all_checks_match(Condition.check_passed(), blocking_only=True)
_changed = Condition.data_version_changed() & ~Condition.executed_with_root_target()
_busy = Condition.in_progress() | Condition.any_checks_match(
    Condition.in_progress(), blocking_only=True
)
# A verdict stands until the opposite one is given: while a check runs again, nothing has changed.
_opened = Condition.any_checks_match(
    Condition.check_passed().since(Condition.check_failed()).newly_true(), blocking_only=True
)
_closed = Condition.any_checks_match(
    Condition.check_failed().since(Condition.check_passed()).newly_true(), blocking_only=True
)
# Scores wait for the ballots on new questions: an input that is itself about to be remade, or older
# than what it reads, is not read yet.
_behind = ~_coming & (
    Condition.any_deps_match(_coming)
    | Condition.any_deps_match(Condition.data_version_changed()).since(Condition.newly_updated())
)

# What is so of the asset.
#
# On the first tick of all, everything that is open is "newly" open: only what is missing counts.
_new = Condition.newly_missing() | (
    Condition.any_deps_match(_changed | _coming | _opened) & ~Condition.initial_evaluation()
)
_new_or_closed = _new | (Condition.any_deps_match(_closed) & ~Condition.initial_evaluation())
_quiet = ~Condition.any_deps_match(_busy) & ~Condition.in_progress()
_handled = Condition.newly_requested() | Condition.newly_updated()

STRICT = (
    _new.since(_handled)
    & ~Condition.any_deps_match(~_coming & ~_passed)
    & ~Condition.any_deps_match(_behind)
    & _quiet
).with_label("inputs new, there and open")
"""For assets that need all their inputs."""

# A dataset takes minutes, in which the next shard arrives: a run that the automation asked for
# takes what was there when it was asked for, so what came after that (and `since` lets what is
# handled win over what is new in the same tick) is still new when the run has ended.
_handled_when_asked = Condition.newly_requested() | (
    Condition.newly_updated()
    & ~Condition.any_new_update_has_run_tags(tag_values={AUTOMATION_CONDITION_TAG: "true"})
)
_came_after = _new_or_closed & Condition.newly_requested()

TOLERANT = (
    (
        _new_or_closed.since(_handled_when_asked)
        | _came_after.since(_handled_when_asked & ~_came_after)
    )
    & Condition.all_deps_match(_coming | _passed)
    & _quiet
).with_label("an input new, at least one of each open")
"""For assets that take what is open of many partitions."""


def condition_of(asset: str) -> dg.AutomationCondition[Any]:
    """Return the condition under which an asset runs by itself."""
    return TOLERANT if any(edge.tolerant for edge in EDGES[asset]) else STRICT
