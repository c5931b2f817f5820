"""A film shows the frames, in H.264 that browsers play, in the same bytes every time."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image
from solid_worlds import full, library

from tg_assets.scenes.movies import FRAMES_PER_SECOND, film
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.solids.rendering import render_clip
from tg_assets.task_space.world import FRAMES, Motion


def test_a_film_is_the_clip() -> None:
    clip = render_clip(library(), full(2, 2, "video", Motion("rotate", "clockwise")), 96)
    made = film(clip)
    assert made == film(clip)
    with av.open(io.BytesIO(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == FRAMES_PER_SECOND
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(shown) == FRAMES
    for frame, picture in zip(shown, clip.frames, strict=True):
        assert np.abs(frame.astype(int) - np.asarray(picture.image)).mean() < 4


def test_odd_sides_are_refused() -> None:
    odd = Picture(Image.new("RGB", (31, 32)), np.zeros((32, 31), np.uint8))
    with pytest.raises(ValueError, match="31x32"):
        film(Clip((odd,)))
