"""The asset `withdrawals`."""

from __future__ import annotations

from tg_assets.artifact import Made, Work, artifact
from tg_assets.withdrawals.listed import read_withdrawals


@artifact("table")
def withdrawals(work: Work) -> Made:
    """Images and task types that nothing downstream uses any more."""
    return Made(read_withdrawals(work.settings.withdrawals))
