"""When assets run by themselves, in one place.

An edge of one partition to one: run when an input is new, once all inputs are there and open. A
tolerant edge of many partitions to one: run when an input is new, once one of them is open; the
gate inside the asset takes the open ones (see `tg_assets.gates`).

Conditions are edge-triggered: a partition that failed is not tried again by every tick, but when
an input changes or the nightly refresh comes by.
"""

from __future__ import annotations

import dagster as dg

from tg_assets.partitions import EDGES

Condition = dg.AutomationCondition

_new = Condition.newly_missing() | Condition.any_deps_updated()
_new_input = Condition.any_deps_updated()
_quiet = ~Condition.any_deps_in_progress() & ~Condition.in_progress()
_bad_input = Condition.any_deps_match(
    Condition.any_checks_match(
        ~Condition.check_passed() & ~Condition.will_be_requested(), blocking_only=True
    )
)
_open_input = Condition.any_deps_match(
    Condition.all_checks_match(
        Condition.check_passed() | Condition.will_be_requested(), blocking_only=True
    )
)

STRICT = (
    _new.since_last_handled() & ~Condition.any_deps_missing() & ~_bad_input & _quiet
).with_label("inputs new, there and open")
"""For assets that need all their inputs."""

TOLERANT = (_new_input.since_last_handled() & _open_input & _quiet).with_label(
    "an input new, at least one open"
)
"""For assets that take what is open of many partitions."""


def condition_of(asset: str) -> dg.AutomationCondition:
    """Return the condition under which an asset runs by itself."""
    return TOLERANT if any(edge.tolerant for edge in EDGES[asset]) else STRICT
