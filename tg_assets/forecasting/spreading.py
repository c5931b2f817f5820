"""How questions spread over images, and images' questions over requests."""

from __future__ import annotations

import math

from tg_assets.forecasting.spans import Span

MANY_A_PICTURE = 5
"""From so many questions a picture on, chance leaves hardly a picture without any; whether the
filter keeps something of it, earlier shards tell."""


def touched(questions: Span, images: Span) -> Span:
    """Return about how many images so many questions are, spread over them by chance."""

    def expected(n: float, about: float) -> float:
        if about <= 0 or n >= MANY_A_PICTURE * about:
            return max(0.0, about)
        return about * (1 - math.exp(-n / about))

    most = min(questions.high, images.high)
    return Span(
        min(most, expected(questions.low, images.low)),
        min(most, expected(questions.expected, images.expected)),
        most,
    )


def packed_by(limit: int, questions: Span, about: Span) -> Span:
    """Return the requests that ask so many questions about so many images.

    Args:
        limit: Questions a request, at most; a request is about one image.
        questions: How many there are.
        about: Images that have any.
    """

    def requests(n: float, images: float) -> float:
        return min(n, images * max(1, math.ceil(n / images / limit - 0.01))) if images > 0 else 0.0

    most = requests(questions.high, about.high)
    least = min(questions.low, max(about.low, questions.low / limit), most)
    middle = max(least, questions.expected / limit, requests(questions.expected, about.expected))
    return Span(least, min(middle, most), most)
