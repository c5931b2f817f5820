"""What of the graph is made already, told by the files alone.

A pass asks the gates, too: what failed its checks is not read downstream. A forecast takes every
check for passed, so that it never promises less than a pass may cost.
"""

from __future__ import annotations

from resources.galaxy import Galaxy
from tg_assets import gates
from tg_assets.artifact import inputs_fingerprint, is_current
from tg_assets.partitions import EDGES, Registered, dimensions


class Standing:
    """Which partitions the next pass leaves alone.

    Args:
        galaxy: The resource; its tables are read.
        registered: The partitions of the next pass, those that it would register among them.
    """

    def __init__(self, galaxy: Galaxy, registered: Registered) -> None:
        self._galaxy = galaxy
        self.registered = registered
        self._made: dict[tuple[str, str | None], bool] = {}

    def is_made(self, asset: str, *keys: str) -> bool:
        """Whether a partition's file is there and made of what is there."""
        return self._is_made(asset, "|".join(keys) or None)

    def _is_made(self, asset: str, partition: str | None) -> bool:
        known = self._made.get((asset, partition))
        if known is None:
            known = self._made[asset, partition] = self._find_out(asset, partition)
        return known

    def _find_out(self, asset: str, partition: str | None) -> bool:
        stamp = self._galaxy.tables.stamp(asset, *dimensions(partition))
        if stamp is None:
            return False
        inputs = gates.Inputs()
        for edge in EDGES[asset]:
            keys = list(edge.partitions(dimensions(partition), self.registered))
            if not all(self._is_made(edge.upstream, key) for key in keys):
                return False
            inputs.open[edge.upstream] = keys
        return is_current(stamp, inputs_fingerprint(self._galaxy, asset, partition, inputs))
