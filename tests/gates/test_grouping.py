"""Which partitions go into one run of a pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tg_assets.grouping import grouped, most_of_a_run

ASSETS = ("candidate_pairs", "filtered_pairs")
ORDER = {f"{number:04d}": number for number in range(40)}


@given(
    st.lists(st.sampled_from(sorted(ORDER)), unique=True).map(sorted),
    st.integers(min_value=1, max_value=7),
    st.sampled_from([("ada",), ("ada", "bob")]),
)
def test_every_partition_is_in_one_run_with_what_lies_beside_it(
    shards: list[str], most: int, referees: tuple[str, ...]
) -> None:
    ballots = [f"{shard}|{referee}" for referee in referees for shard in shards]
    groups = grouped([(ballot, ("referee_scores",)) for ballot in ballots], ORDER, most)
    assert sorted(key for keys, _ in groups for key in keys) == sorted(ballots)
    for keys, assets in groups:
        assert assets == ("referee_scores",)
        assert 1 <= len(keys) <= most
        assert len({key.split("|")[1] for key in keys}) == 1  # one model
        places = [ORDER[key.split("|")[0]] for key in keys]
        assert places == list(range(places[0], places[0] + len(places)))


def test_shards_that_want_other_assets_made_go_into_other_runs() -> None:
    stale = [("0000", ASSETS), ("0001", ASSETS[1:]), ("0002", ASSETS)]
    groups = sorted(grouped(stale, ORDER, 20))
    assert groups == [(("0000",), ASSETS), (("0001",), ASSETS[1:]), (("0002",), ASSETS)]


def test_cells_of_a_batch_go_together_though_a_pass_walks_them_by_shard() -> None:
    stale = [(f"{shard}|{batch}", ("clip_similarity",)) for shard in ORDER for batch in "ab"]
    groups = grouped(stale, ORDER, 20)
    assert [len(keys) for keys, _ in groups] == [20, 20, 20, 20]
    assert all(len({key.split("|")[1] for key in keys}) == 1 for keys, _ in groups)


def test_one_referee_is_done_before_the_next() -> None:
    stale = [(f"{shard}|{name}", ("referee_scores",)) for name in "ab" for shard in ORDER]
    groups = grouped(stale, ORDER, 7)
    assert [keys[0].split("|")[1] for keys, _ in groups] == ["a"] * 6 + ["b"] * 6


def test_what_has_no_partitions_has_a_run_of_its_own() -> None:
    assert grouped([(None, ("withdrawals",))], {}, 20) == [((), ("withdrawals",))]


def test_a_new_batch_over_400_shards_and_3_referees_takes_a_twentieth_of_the_runs() -> None:
    order = {f"{number:04d}": number for number in range(400)}
    per_shard = [(shard, ("raw_qa",)) for shard in order]
    ballots = [(f"{shard}|{name}", ("referee_scores",)) for name in "abc" for shard in order]
    cells = [(f"{shard}|0001", ("clip_similarity",)) for shard in order]
    runs = [
        len(grouped(stale, order, most_of_a_run(len(stale), 1, 20)))
        for stale in (cells, per_shard, ballots, per_shard)
    ]
    assert runs == [20, 20, 60, 20]


def test_every_worker_has_a_run() -> None:
    assert most_of_a_run(partitions=8, at_once=4, limit=20) == 2
    assert most_of_a_run(partitions=400, at_once=4, limit=20) == 20
    assert most_of_a_run(partitions=3, at_once=4, limit=20) == 1
    assert most_of_a_run(partitions=0, at_once=4, limit=20) == 1
