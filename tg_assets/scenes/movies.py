"""A clip as files: numbered frames, and a film that browsers play."""

from __future__ import annotations

import io
from fractions import Fraction

from tg_assets.scenes.picture import Clip

FRAMES_PER_SECOND = 8
"""Sixteen frames last two seconds: slow enough to follow a thing that turns half around."""
QUALITY = 18
"""Constant rate factor of x264: 18 looks like the frames."""


def film(clip: Clip, frames_per_second: int = FRAMES_PER_SECOND) -> bytes:
    """Return the clip as MP4 (H.264, 4:2:0), the same bytes every time.

    Raises:
        ValueError: A side of the frames is odd, which 4:2:0 cannot hold.
    """
    import av
    import numpy as np

    width, height = clip.frames[0].image.size
    if width % 2 or height % 2:
        raise ValueError(f"frames are {width}x{height}; a film needs even sides")
    buffer = io.BytesIO()
    # "bitexact" leaves out the time of writing; one thread keeps the bytes the same on any machine.
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(frames_per_second))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(QUALITY), "threads": "1", "preset": "medium"}
        for picture in clip.frames:
            pixels = np.asarray(picture.image)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()
