"""Every suite passes on rows as they should be and says what is wrong with others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from tempfile import mkdtemp
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from upath import UPath

from resources.chat.messages import Answer, Outcome
from resources.galaxy import Galaxy
from tg_assets.definitions import wired
from tg_assets.ground_truth_qa.known import known_answers
from tg_assets.model_answers.answering import answer_rows, permuted
from tg_assets.model_answers.drawing import draw_tasks
from tg_assets.model_answers.tasks import task_row
from tg_assets.scenes.picture import Picture
from tg_assets.scenes.render import compose
from tg_assets.settings import Settings
from tg_assets.suites import Subject, Suite, Verdict, judge
from tg_assets.tables import TABLES
from tg_assets.task_space.instance import Instance
from tg_assets.task_space.libraries import opened

SHARD = "0000"
ROWS = 4
VECTOR = [0.6, 0.8]
KEYS = {
    "clip_similarity": (SHARD, "0000"),
    "referee_scores": (SHARD, "ada"),
    "withdrawals": (),
    "task_space": (),
    "referee_calibration": (),
    "balanced_dataset": (),
    "cot_answers": (),
    "published_dataset": (),
    "evaluation_tasks": (),
    "model_answers": ("ada",),
    "model_performance": (),
}
VALUES: dict[str, Any] = {
    "path": "OCR~Signs",
    "level": 2,
    "origin": "seed",
    "scene": "{}",
    "embedding": VECTOR,
    "reason": None,
    "kind": "image",
    "license": "CC0-1.0",
    "rank": 1,
    "vote": 1,
    "score": 1,
    "kept": True,
    "votes": [{"referee": "ada", "vote": 1}, {"referee": "bob", "vote": 1}],
}
"""What a good row holds where the column's name asks for more than any text or number."""

OF_TABLE: dict[str, dict[str, Any]] = {
    "balanced_dataset": {"score": 2},
    "qa_failures": {"reason": "no reply"},
    "referee_calibration": {"kind": "right"},
}


def rows(table: str, count: int = ROWS, **changes: Sequence[Any]) -> pl.DataFrame:
    """Return good rows of a table, with some columns replaced."""
    if table == "ground_truth_qa":
        return known_answers(drawn_scenes(), opened())
    if table == "evaluation_tasks":
        return drawn_tasks()
    if table == "model_answers":
        asked = permuted(drawn_tasks(), 1)
        return answer_rows(asked, [Answer(Outcome.ANSWERED, "A", None)] * len(asked), "ada")
    if table == "model_performance":
        changes = {"by": ["all"] * count, **changes}
    schema = TABLES[table]
    data: dict[str, list[Any]] = {}
    good = VALUES | OF_TABLE.get(table, {})
    for name, kind in schema.columns.items():
        plain: Any = "some" if kind == pl.String else 1
        data[name] = [good.get(name, plain)] * count
    for name in schema.key:
        if schema.columns[name] == pl.String and name not in VALUES:
            data[name] = [f"{name}-{number}" for number in range(count)]
    return pl.DataFrame({**data, **changes}, schema=dict(schema.columns), strict=False)


@cache
def drawn_scenes() -> pl.DataFrame:
    """Return the scene of a picture about which something is known."""
    scene = compose("sprites", 1)
    (row,) = rows("scenes", 1, scene=[scene.to_json()], image_id=["image_id-0"]).to_dicts()
    return pl.DataFrame([row], schema=dict(TABLES["scenes"].columns))


@cache
def drawn_tasks() -> pl.DataFrame:
    """Return a task that models are evaluated on; its picture is left blank."""
    blank = Picture(Image.new("RGB", (8, 8)), np.zeros((8, 8), np.uint8))
    folder = UPath(mkdtemp(prefix="tasks-"))
    made = [
        task_row(one, opened(), lambda _: blank, folder)
        for one in draw_tasks(opened(), "how-many-2d", 1, 0)
        if isinstance(one, Instance)
    ]
    table = TABLES["evaluation_tasks"]
    return table.enforce(pl.DataFrame(made, schema=dict(table.columns)))


@pytest.fixture
def suites(settings: Settings) -> dict[str, Suite]:
    return {part.artifact.name: part.suite for part in wired(settings)}


@pytest.fixture
def looked_at(galaxy: Galaxy, suites: dict[str, Suite]) -> Look:
    """What the suites read beside their own table."""
    tables = galaxy.tables
    for name in ("rejected_images", "qa_failures", "raw_qa", "rejected_task_types"):
        tables.write(name, TABLES[name].empty(), SHARD)
    tables.write("scenes", drawn_scenes(), SHARD)
    tables.write("evaluation_tasks", drawn_tasks())
    for referee in galaxy.settings.referees:
        tables.write("referee_scores", rows("referee_scores"), SHARD, referee)
    return Look(galaxy, suites)


class Look:
    """Judges frames as a table's suite does."""

    def __init__(self, galaxy: Galaxy, suites: dict[str, Suite]) -> None:
        self.galaxy = galaxy
        self.suites = suites

    def __call__(self, table: str, frame: pl.DataFrame) -> Verdict:
        """Judge a frame."""
        keys = KEYS.get(table, (SHARD,))
        return judge(self.suites[table], Subject(frame, self.galaxy, keys))

    def failure(self, table: str, frame: pl.DataFrame) -> str:
        """Judge a frame with one fault, and return what is said of it."""
        verdict = self(table, frame)
        assert not verdict.passed
        (failure,) = verdict.failures
        return failure


def test_every_suite_passes_on_good_rows_and_on_none_where_none_is_allowed(
    looked_at: Look,
) -> None:
    not_empty = {"task_tree", "task_space", "image_pool", "balanced_dataset", "model_answers"}
    for table in looked_at.suites:
        verdict = looked_at(table, rows(table))
        assert verdict.failures == [], table
        assert verdict.expectations > 0
        empty = looked_at(table, TABLES[table].empty())
        assert empty.passed == (table not in not_empty), table
        assert len(empty.failures) == (table in not_empty), table


@pytest.mark.parametrize(
    ("table", "column", "values", "told"),
    [
        ("image_pool", "width", [9, 0, 9, 9], ("width", "1 rows", "image_id-1")),
        ("task_tree", "path", ["a", "b~c", "a~~b", "d"], ("path", "1 rows", "task_id-2")),
        ("raw_qa", "question", ["a", "b", "c", "  "], ("question", "1 rows", "qa_id-3")),
        ("clip_similarity", "score", [0.1, 0.2, 1.2, 0.1], ("score", "image_id-2")),
        ("referee_scores", "vote", [0, 1, None, 2], ("vote", "qa_id-3")),
    ],
)
def test_a_row_that_is_not_so_is_named_by_its_key(
    looked_at: Look, table: str, column: str, values: list[Any], told: tuple[str, ...]
) -> None:
    verdict = looked_at(table, rows(table, **{column: values}))
    (failure,) = [text for text in verdict.failures if text.startswith("Expect")]
    assert all(part in failure for part in told), failure


def test_a_key_that_is_there_twice_is_named(looked_at: Look) -> None:
    failure = looked_at.failure("image_pool", rows("image_pool", image_id=["a", "b", "b", "c"]))
    assert "Unique" in failure
    assert "2 rows are not so" in failure
    assert "{'image_id': 'b'}" in failure


def test_many_rows_are_counted_and_few_are_shown(looked_at: Look) -> None:
    failure = looked_at.failure("image_pool", rows("image_pool", 300, height=[0] * 300))
    assert "300 rows are not so" in failure
    assert failure.count("image_id-") == 5


def limited(look: Look, **limits: float) -> Look:
    """Return a look with other limits."""
    settings = look.galaxy.settings
    checks = settings.checks.model_copy(update=limits)
    return Look(Galaxy(settings.model_copy(update={"checks": checks})), look.suites)


def test_a_share_beyond_its_limit_tells_value_limit_and_advice(looked_at: Look) -> None:
    rejected = rows("rejected_images", 6, reason=["truncated"] * 5 + ["duplicate"])
    looked_at.galaxy.tables.write("rejected_images", rejected, SHARD)
    assert looked_at.failure("image_pool", rows("image_pool")) == (
        "share of images rejected is 0.5556, allowed is at most 0.5. "
        "The table rejected_images names each file with its reason."
    )


def test_duplicates_are_no_rejects(looked_at: Look) -> None:
    rejected = rows("rejected_images", 50, reason=["duplicate"] * 50)
    looked_at.galaxy.tables.write("rejected_images", rejected, SHARD)
    assert looked_at("image_pool", rows("image_pool")).passed


@pytest.mark.parametrize(
    ("table", "changes", "limits", "told"),
    [
        (
            "candidate_pairs",
            {"score": [0.1, 0.1, 0.1, 0.9]},
            {"min_candidate_score": 0.2},
            "median best score is 0.1, allowed is at least 0.2",
        ),
        (
            "filtered_pairs",
            {"kept": [True, None, True, True]},
            {},
            "share of pairs without verdict is 0.25, allowed is at most 0.1",
        ),
        (
            "filtered_pairs",
            {"kept": [False] * 4},
            {},
            "share of pairs kept is 0, allowed is at least 0.02",
        ),
        (
            "referee_scores",
            {"vote": [1, 0, None, 1]},
            {},
            "share of questions without vote is 0.25, allowed is at most 0.1",
        ),
        (
            "scored_qa",
            {
                "votes": [
                    [{"referee": "ada", "vote": 1}, {"referee": "bob", "vote": vote}]
                    for vote in (0, 0, 0, 1)
                ]
            },
            {},
            "agreement of ada and bob is 0.25, allowed is at least 0.5",
        ),
        (
            "image_embeddings",
            {"embedding": [VECTOR, None, None, None]},
            {},
            "share of images without embedding is 0.75, allowed is at most 0.5",
        ),
        (
            "task_embeddings",
            {"embedding": [VECTOR, VECTOR, VECTOR, [3.0, 4.0]]},
            {},
            "longest distance of a norm from 1 is 4, allowed is at most 0.001",
        ),
        (
            "balanced_dataset",
            {"source": ["a", "a", "a", "b"]},
            {"max_source_share": 0.6},
            "largest share of a source is 0.75, allowed is at most 0.6",
        ),
        (
            "balanced_dataset",
            {"license": ["CC0-1.0", "CC0-1.0", "found somewhere", "CC0-1.0"]},
            {"max_unknown_licence": 0.0},
            "share of samples of unknown licence is 0.25, allowed is at most 0",
        ),
    ],
)
def test_a_planted_fault_is_told(
    looked_at: Look, table: str, changes: dict[str, Any], limits: dict[str, float], told: str
) -> None:
    assert limited(looked_at, **limits).failure(table, rows(table, **changes)).startswith(told)


def test_questions_that_were_not_had_count(looked_at: Look) -> None:
    looked_at.galaxy.tables.write("qa_failures", rows("qa_failures", 2), SHARD)
    told = looked_at.failure("raw_qa", rows("raw_qa"))
    assert told.startswith("share of pairs without question is 0.3333, allowed is at most 0.1")


def test_a_tree_that_mostly_failed_to_grow_is_told(looked_at: Look) -> None:
    rejected = rows("rejected_task_types", 3, reason=["request_failed"] * 3, round=[1, 2, 3])
    looked_at.galaxy.tables.write("rejected_task_types", rejected, SHARD)
    told = looked_at.failure("task_tree", rows("task_tree", origin=["expanded", *["seed"] * 3]))
    assert told.startswith("share of growth requests failed is 0.75, allowed is at most 0.5")


def test_too_many_samples_of_a_type_are_told(looked_at: Look) -> None:
    count = looked_at.galaxy.settings.dataset.max_per_type + 1
    told = looked_at.failure("balanced_dataset", rows("balanced_dataset", count))
    assert told.startswith("most samples of a task type is 56, allowed is at most 55")


def test_questions_newer_than_their_votes_are_told(looked_at: Look) -> None:
    (referee, *_) = looked_at.galaxy.settings.referees
    looked_at.galaxy.tables.write("referee_scores", rows("referee_scores", 3), SHARD, referee)
    told = looked_at.failure("scored_qa", rows("scored_qa"))
    assert told.startswith("questions without a ballot is 1, allowed is at most 0")


def test_a_referee_that_contradicts_the_scene_graphs_is_told(
    looked_at: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at.galaxy.tables.write("raw_qa", rows("raw_qa"), SHARD)
    looked_at.galaxy.tables.write("task_tree", rows("task_tree", task_id=[*"abc", "some"]), SHARD)
    monkeypatch.setattr(looked_at.galaxy, "scene", lambda _: object())
    monkeypatch.setattr("tg_assets.referee_scores.calibration.judge", lambda *_: True)
    told = looked_at.failure("referee_scores", rows("referee_scores", vote=[1, 0, 0, 0]))
    assert told.startswith("accuracy on known answers is 0.25, allowed is at least 0.6")


def test_great_expectations_keeps_quiet(looked_at: Look, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):  # as a process that configured the root logger
        looked_at("withdrawals", rows("withdrawals"))
    assert [record.name for record in caplog.records if "great" in record.name] == []
