"""Why partitions wait: the first gate that is closed, and what it failed with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tg_assets import gates
from tg_assets.partitions import Registered

WITHOUT_COT = "`cot: null` in the settings publishes without step-by-step answers"


def held(closed: gates.GateClosed, failures: Sequence[str]) -> str:
    """Return why a partition waits, with what the first closed one failed with in this pass.

    Args:
        closed: The gate.
        failures: The pass's failures until now, a line each.
    """
    root = closed.root
    if root is None:
        return str(closed)
    place = root.asset if root.partition == "all" else f"{root.asset}[{root.partition}]"
    why = next((line for line in failures if line.startswith(f"{place}:")), None)
    said = str(closed) if why is None else f"{str(closed).rpartition('; ')[0]}; {why}"
    return f"{said}; {WITHOUT_COT}" if root.asset == "cot_answers" else said


def skipped(
    assets: Sequence[str],
    partition: str | None,
    registered: Registered,
    known: gates.States,
    failures: Sequence[str],
) -> Iterator[str]:
    """Yield a line for each asset of a run that was not made because one before it failed."""
    for asset in assets[1:]:
        try:
            gates.inputs(known.instance, asset, partition, registered, known)
        except gates.GateClosed as closed:
            yield held(closed, failures)
