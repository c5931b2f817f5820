"""The short campaign: worker and broker die in a pass; `benchmarks.faults` is the long one."""

from __future__ import annotations

import pytest
from small_cluster import Cluster

from benchmarks.faults import fault_of

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("cluster")]
QUESTIONS = 40
"""Requests after which it happens, of some 250: the first shard is being asked about."""
IN_FLIGHT = 8
WAITING = 80
"""Replies of 100 ms that may wait for their commit, with eight slots and 10 ms a reply."""


def test_a_pass_survives_its_worker_and_its_broker(
    cluster: Cluster, made_alone: dict[str, bytes]
) -> None:
    result = fault_of(cluster, "worker and broker", made_alone, QUESTIONS, seed=7)
    assert result.same_bytes
    assert result.torn == 0
    assert result.left_held == 0
    assert result.twice <= IN_FLIGHT + WAITING
    assert result.runs_twice <= 1  # the run that was killed, and no other
