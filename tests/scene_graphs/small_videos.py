"""Small video graphs, drawn by hypothesis, with names for everything in them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tg_assets.task_space.scene_graphs.video_graphs import VideoGraph, VideoNames, video_graph

ACTIONS = {
    "a0": "opening a door",
    "a1": "drinking from a cup",
    "a2": "sitting on a chair",
    "a3": "Reading a book",
    "a4": "washing a window",
    "a5": "someone is laughing",
    "a6": "tidying up a shelf",
    "a7": "watching television",
}
SPATIAL = {"s0": "in front of", "s1": "behind", "s2": "above", "s3": "beneath", "s4": "in"}
CONTACT = {
    "c0": "holding",
    "c1": "touching",
    "c2": "wearing",
    "c3": "wiping",
    "c4": "twisting",
    "c5": "leaning on",
    "c6": "not contacting",
}
OBJECTS = {
    "o0": "door",
    "o1": "cup/glass/bottle",
    "o2": "chair",
    "o3": "laptop",
    "o4": "pillow",
    "o5": "blanket",
    "o6": "shoe",
}
TABLE: dict[str, Any] = {
    "names": {**ACTIONS, **SPATIAL, **CONTACT, **OBJECTS},
    "objects": list(OBJECTS),
    "actions": list(ACTIONS),
    "spatial": list(SPATIAL),
    "contact": list(CONTACT),
}
NAMES = VideoNames(
    TABLE["names"],
    *(tuple(kind.values()) for kind in (OBJECTS, ACTIONS, SPATIAL, CONTACT)),
)


@st.composite
def videos(draw: st.DrawFn) -> VideoGraph:
    """Draw a video of few words, so that much is alike."""
    return video_graph(
        "v", {f"k{k}": draw(frames()) for k in range(draw(st.integers(1, 6)))}, NAMES
    )


@st.composite
def frames(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a keyframe as Action Genome's are written."""
    things = st.sampled_from(["o0", "o1", "o2"])
    return {
        "actions": draw(st.lists(st.sampled_from(["a0", "a1", "a2", "a5"]), max_size=2)),
        "spatial": draw(st.dictionaries(st.sampled_from(["s0", "s1"]), things, min_size=1)),
        "contact": draw(st.dictionaries(st.sampled_from(["c0", "c1", "c6"]), things, max_size=2)),
    }
