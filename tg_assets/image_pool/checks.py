"""The suites of `scenes` and `image_pool`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.image_pool.choosing import EXCLUDED, NEAR_DUPLICATE
from tg_assets.image_pool.filters import BLURRED, TOO_LONG, TOO_SMALL
from tg_assets.image_pool.registering import DUPLICATE
from tg_assets.suites import Measure, Subject, Suite, between, matching
from tg_assets.withdrawals.respected import WITHDRAWN

GOOD_FILES = (DUPLICATE, NEAR_DUPLICATE, EXCLUDED, TOO_SMALL, TOO_LONG, BLURRED, WITHDRAWN)
"""Reasons for which images are left out although nothing is wrong with their files."""

SCENES = Suite("scenes", [matching("scene", r"^\{.*\}$")])


def _measures(subject: Subject) -> Sequence[Measure]:
    (shard,) = subject.keys
    rejected = subject.tables.read("rejected_images", shard)
    good = rejected.filter(rejected["reason"].is_in(GOOD_FILES)).height
    bad = rejected.height - good
    files = subject.frame.height + bad
    return [
        Measure(
            "share of images rejected",
            bad / files if files else None,
            high=subject.settings.checks.max_rejected_images,
            advice="The table rejected_images names each file with its reason.",
        ),
        Measure(
            "images",
            subject.frame.height + good,  # a shard of nothing but copies is as it should be
            low=1,
            advice="No file of the shard is usable.",
        ),
    ]


SUITE = Suite(
    "image_pool",
    [between("width", 1, None), between("height", 1, None), between("n_bytes", 1, None)],
    _measures,
)
