"""The asset `ground_truth_qa`."""

from __future__ import annotations

from tg_assets.artifact import Made, Work, artifact
from tg_assets.ground_truth_qa.known import known_answers
from tg_assets.showing import some, thumbnails
from tg_assets.tables import GROUND_TRUTH_QA


@artifact("polars")
def ground_truth_qa(work: Work) -> Made:
    """What the task space's generators ask about rendered pictures, with the known answers."""
    pool = work.read("image_pool").select("image_id", "uri")
    scenes = work.read("scenes").join(pool, on="image_id", how="semi")
    frame = GROUND_TRUTH_QA.enforce(known_answers(scenes, work.galaxy.library))
    shown = frame.join(pool, on="image_id")
    counts = frame.group_by("generator").len().sort("generator")
    columns = ("uri", "image_id", "path", "question", "answer")
    return Made(
        frame,
        metadata={
            "pictures": frame["image_id"].n_unique(),
            **{f"{generator} (questions)": count for generator, count in counts.iter_rows()},
            "examples": thumbnails(some(shown, "qa_id").select(columns).iter_rows()),
        },
        preview=some(frame, "qa_id").select("path", "question", "options", "answer"),
    )
