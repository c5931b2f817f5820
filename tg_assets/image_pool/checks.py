"""The suites of `scenes` and `image_pool`."""

from __future__ import annotations

from collections.abc import Sequence

from tg_assets.suites import Measure, Subject, Suite, between, matching

SCENES = Suite("scenes", [matching("scene", r"^\{.*\}$")])


def _measures(subject: Subject) -> Sequence[Measure]:
    (shard,) = subject.keys
    rejected = subject.tables.read("rejected_images", shard)
    bad = rejected.filter(rejected["reason"] != "duplicate").height
    files = subject.frame.height + bad
    return [
        Measure(
            "share of images rejected",
            bad / files if files else None,
            high=subject.settings.checks.max_rejected_images,
            advice="The table rejected_images names each file with its reason.",
        ),
        Measure("images", subject.frame.height, low=1, advice="No file of the shard is usable."),
    ]


SUITE = Suite(
    "image_pool",
    [between("width", 1, None), between("height", 1, None), between("n_bytes", 1, None)],
    _measures,
)
