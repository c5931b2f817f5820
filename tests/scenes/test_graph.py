"""The scene graph as text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets.scenes.graph import Relation, Scene, SceneObject
from tg_assets.scenes.render import FAMILIES, compose

numbers = st.floats(-1e4, 1e4, allow_nan=False)
words = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.builds(
    SceneObject,
    words,
    words,
    st.dictionaries(words, words, max_size=3),
    st.none() | st.tuples(numbers, numbers, numbers, numbers),
    st.none() | words,
)
scenes = st.builds(
    Scene,
    words,
    st.integers(0, 2**63),
    st.integers(1, 999),
    st.integers(1, 999),
    st.lists(objects, max_size=3).map(tuple),
    st.lists(st.builds(Relation, words, words, words), max_size=3).map(tuple),
    st.dictionaries(words, values, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(scenes)
def test_text_and_back_is_the_same_scene(scene: Scene) -> None:
    again = Scene.from_json(scene.to_json())
    assert again == scene
    assert again.to_json() == scene.to_json()
    assert hash(again) == hash(scene)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_composed_scenes_survive_their_text(family: str) -> None:
    for seed in range(12):
        scene = compose(family, seed)
        assert Scene.from_json(scene.to_json()) == scene


def test_text_is_canonical() -> None:
    text = compose("charts", 3).to_json()
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize("text", ["[]", "{}", '{"objects":[{}],"relations":[]}', "not json"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Scene.from_json(text)
