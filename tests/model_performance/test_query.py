"""A query is a value: it survives JSON, and what is wrong with it is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import (
    Compare,
    Debug,
    Query,
    Threshold,
    TopK,
    make_query,
    read_query,
)
from tg_assets.task_space.space import PLAN

columns = st.lists(st.sampled_from([c for c in PLAN if c != "index"]), unique=True).map(tuple)
queries = st.one_of(
    st.builds(TopK, model=st.just("a"), by=columns, k=st.integers(1, 99)),
    st.builds(Threshold, model=st.just("a"), by=columns, threshold=st.floats(0, 1)),
    st.builds(Compare, model=st.just("a"), others=st.just(("b", "c")), margin=st.floats(0, 0.9)),
    st.builds(Debug, model=st.just("a"), by=columns, threshold=st.none() | st.floats(0, 1)),
)


@given(queries)
def test_json_and_back(query: Query) -> None:
    assert read_query(query.model_dump_json()) == query


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "top-k", "by": ["colour"]}, "no column 'colour'; they have generator, target,"),
        ({"kind": "top-k", "by": ["index"]}, "no column 'index'"),
        ({"kind": "top-k", "by": ["grid", "grid"]}, "twice"),
        ({"kind": "top-k", "k": 0}, "k: Input should be greater than or equal to 1"),
        ({"kind": "top-k", "budget": -1}, "budget: "),
        ({"kind": "top-k", "hurry": True}, "hurry: Extra inputs are not permitted"),
        ({"kind": "threshold", "threshold": 30}, "threshold: "),
        ({"kind": "threshold"}, "threshold: Field required"),
        ({"kind": "compare", "others": ["a"]}, "compared with itself"),
        ({"kind": "compare", "others": []}, "others: "),
        ({"kind": "best"}, "'top-k', 'threshold', 'compare', 'debug'"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(QueryError) as raised:
        make_query(**{"model": "a", **fields})  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(QueryError, match="Invalid JSON"):
        read_query("which objects are hard?")
