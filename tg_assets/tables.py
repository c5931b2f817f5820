"""The schema of every table, once.

A table is enforced where it leaves an asset and where it enters the next one: columns and types
are exact, keys are unique, and rows are in the order of their key, so that the same rows always
make the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

PATH_SEPARATOR = "~"


class TableError(ValueError):
    """A frame that is not the table it claims to be; the message names table, column and row."""


@dataclass(frozen=True)
class Table:
    """One table of the graph.

    Attributes:
        name: The table's name: the asset's, or that of what stands beside the asset.
        columns: Column names with their Polars types, in order.
        key: The columns that identify a row; rows are sorted by them.
        nullable: Columns that may hold null. All others may not.
    """

    name: str
    columns: Mapping[str, pl.DataType]
    key: tuple[str, ...]
    nullable: frozenset[str] = frozenset()

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=dict(self.columns))

    def enforce(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame as this table, sorted by its key.

        Raises:
            TableError: A column is missing or unknown, a value has another type, a null stands
                where none may, or two rows share a key.
        """
        self._check_columns(frame)
        self._check_kinds(frame)
        try:
            frame = frame.select(pl.col(name).cast(kind) for name, kind in self.columns.items())
        except pl.exceptions.PolarsError as error:
            raise TableError(f"{self.name}: a value has the wrong type: {error}") from error
        self._check_nulls(frame)
        if self._is_in_order(frame):
            return frame
        frame = frame.sort(self.key)
        self._check_key(frame)
        return frame

    def _is_in_order(self, frame: pl.DataFrame) -> bool:
        """Whether each row's key is greater than that of the row before: sorted, and unique."""
        greater = pl.lit(False)
        for name in reversed(self.key):
            column = pl.col(name)
            here, before = column.slice(1), column.slice(0, pl.len() - 1)
            greater = (here > before) | ((here == before) & greater)
        return frame.height < 2 or bool(frame.select(greater.all()).item())

    def _check_columns(self, frame: pl.DataFrame) -> None:
        missing = [name for name in self.columns if name not in frame.columns]
        unknown = [name for name in frame.columns if name not in self.columns]
        if missing or unknown:
            raise TableError(
                f"{self.name}: missing columns {missing}, unknown columns {unknown}; "
                f"the table has {list(self.columns)} (tg_assets/tables.py)"
            )

    def _check_kinds(self, frame: pl.DataFrame) -> None:
        """Refuse what a cast would change without a word: 1.5 to 1, 2 to "2"."""
        for name, kind in self.columns.items():
            found = frame.schema[name]
            if _family(found) not in (_family(kind), None):
                raise TableError(
                    f"{self.name}: a value has the wrong type: column {name!r} holds {found}, "
                    f"it is to hold {kind}"
                )

    def _check_nulls(self, frame: pl.DataFrame) -> None:
        for name in self.columns:
            if name in self.nullable:
                continue
            nulls = frame[name].null_count()
            if nulls:
                row = frame.row(int(frame[name].is_null().arg_max() or 0), named=True)
                raise TableError(
                    f"{self.name}: {nulls} nulls in column {name!r}, the first in the row with "
                    f"{ {key: row[key] for key in self.key} }"
                )

    def _check_key(self, frame: pl.DataFrame) -> None:
        twins = frame.select(self.key).is_duplicated()
        if twins.any():
            row = frame.select(self.key).row(int(twins.arg_max() or 0), named=True)
            raise TableError(f"{self.name}: {int(twins.sum())} rows share a key, one is {row}")


def _family(kind: pl.DataType) -> str | None:
    """Return which types may be cast into each other; null fits any."""
    if kind == pl.Null:
        return None
    families = {
        "whole number": kind.is_integer(),
        "number": kind.is_float(),
        "nested": kind.is_nested(),
    }
    return next((name for name, fits in families.items() if fits), str(kind))


def _table(
    name: str, key: str, columns: Mapping[str, pl.DataType | type], nullable: str = ""
) -> Table:
    kinds = {column: kind() if isinstance(kind, type) else kind for column, kind in columns.items()}
    return Table(name, MappingProxyType(kinds), tuple(key.split()), frozenset(nullable.split()))


TASK_TREE = _table(
    "task_tree",
    "task_id",
    {
        "task_id": pl.String,
        "path": pl.String,
        "level": pl.Int32,
        "parent_id": pl.String,
        "origin": pl.String,  # seed, expanded
        "prompt_version": pl.String,
        "model": pl.String,
    },
    nullable="parent_id prompt_version model",
)

REJECTED_TASK_TYPES = _table(
    "rejected_task_types",
    "parent label round reason",
    {
        "parent": pl.String,  # path of the parent that was asked about, "" for level 1
        "label": pl.String,  # as it came, before normalisation
        "round": pl.Int32,
        "reason": pl.String,  # empty, duplicate, reworded, parent, request_failed, ...
        "detail": pl.String,
    },
    nullable="detail",
)

SEED_PATHS = _table("seed_paths", "path", {"path": pl.String})
"""What a task batch begins with: the task types of the seeds that no earlier batch has."""

SHARD_FILES = _table(
    "shard_files",
    "position",
    {
        "position": pl.Int64,
        "uri": pl.String,  # a path or URL; rendered:<family>/<seed> for pictures still to be drawn
        "source": pl.String,
        "license": pl.String,
    },
)

CHANGED_LICENCES = _table(
    "changed_licences",
    "source uri",
    {"source": pl.String, "uri": pl.String, "license": pl.String},
)
"""What sources say of licences now, where shards were registered under others; "" as uri: of every
picture that is drawn for the source."""

REFUSED_FILES = _table(
    "refused_files",
    "uri",
    {"uri": pl.String, "source": pl.String, "reason": pl.String, "detail": pl.String},
)
"""What the sources list but can never be a picture: loops, dangling links, unusable names."""

SCENES = _table(
    "scenes",
    "image_id",
    {
        "image_id": pl.String,
        "uri": pl.String,
        "source": pl.String,
        "license": pl.String,
        "family": pl.String,
        "scene": pl.String,  # Scene.to_json()
    },
)

TASK_SPACE = _table(
    "task_space",
    "generator",
    {
        "generator": pl.String,
        "plans": pl.Int64,
        "first": pl.Int64,  # of its plans in the numbering of the whole space
    },
)

GROUND_TRUTH_QA = _table(
    "ground_truth_qa",
    "qa_id",
    {
        "qa_id": pl.String,
        "image_id": pl.String,
        "task_id": pl.String,
        "path": pl.String,
        "generator": pl.String,
        "plan_index": pl.Int64,
        "seed": pl.Int64,
        "question": pl.String,
        "options": pl.List(pl.String),
        "answer": pl.String,
    },
)

PLAN_COLUMNS: Mapping[str, type[pl.DataType]] = MappingProxyType(
    {
        "target": pl.String,
        "attribute_type": pl.String,
        "attribute_value": pl.String,
        "reference": pl.String,
        "grid": pl.Int64,
        "cell": pl.String,
        "position": pl.String,
        "count": pl.Int64,
        "size": pl.String,
        "distance": pl.String,
        "motion": pl.String,
        "others": pl.String,
        "order": pl.String,
    }
)
"""What a plan of the task space names, beside its generator and index; null where it does not."""

EVALUATION_TASKS = _table(
    "evaluation_tasks",
    "generator plan_index seed",
    {
        "generator": pl.String,
        "plan_index": pl.Int64,
        "seed": pl.Int64,
        "kind": pl.String,  # 2d, 3d, video
        "task_id": pl.String,
        "path": pl.String,
        "question": pl.String,
        "options": pl.List(pl.String),  # before any permutation
        "right": pl.Int32,  # the place of the right option
        "image_id": pl.String,  # of a video: a digest of its frames' ids
        "uri": pl.String,  # of the picture or the first frame
        "frames": pl.List(pl.Struct({"image_id": pl.String, "uri": pl.String})),  # none: a picture
        "scene": pl.String,  # Scene.to_json()
        **PLAN_COLUMNS,
    },
    nullable=" ".join(PLAN_COLUMNS),
)

TASKS_WITHOUT_INSTANCE = _table(
    "tasks_without_instance",
    "generator plan_index",
    {"generator": pl.String, "plan_index": pl.Int64, "reason": pl.String},
)
"""Plans that were drawn for the evaluation and have no instance; others were drawn instead."""

MODEL_ANSWERS = _table(
    "model_answers",
    "generator plan_index seed permutation",
    {
        "generator": pl.String,
        "plan_index": pl.Int64,
        "seed": pl.Int64,
        "permutation": pl.Int32,  # by how many places the options were shifted
        "model": pl.String,
        "kind": pl.String,
        "task_id": pl.String,
        "path": pl.String,
        "question": pl.String,
        "options": pl.List(pl.String),  # as they were shown
        "right": pl.Int32,  # places in options as they were shown
        "said": pl.Int32,
        "correct": pl.Boolean,  # null when the reply names no option, or there is none
        "how": pl.String,  # exact, letter, text, several, none; null without a reply
        "reply": pl.String,  # what the model said, shortened
        "outcome": pl.String,
        "reason": pl.String,
        "image_id": pl.String,
        "uri": pl.String,
        **PLAN_COLUMNS,
    },
    nullable=" ".join(["said correct how reply reason", *PLAN_COLUMNS]),
)

MODEL_PERFORMANCE = _table(
    "model_performance",
    "model by value",
    {
        "model": pl.String,
        "by": pl.String,  # all, generator, kind, task type, right option, ..., a plan's column
        "value": pl.String,
        "tasks": pl.Int64,
        "asked": pl.Int64,
        "answered": pl.Int64,  # replies that name one option
        "right": pl.Int64,
        "accuracy": pl.Float64,  # of those answered; null when none is
        "low": pl.Float64,
        "high": pl.Float64,
        "unanswered": pl.Float64,  # share of asked
    },
    nullable="accuracy low high",
)

POSITION_BIAS = _table(
    "position_bias",
    "model place",
    {
        "model": pl.String,
        "place": pl.String,  # A, B, ...
        "answered": pl.Int64,  # by the model in all
        "named": pl.Float64,  # share of its answers that name the place
        "right": pl.Float64,  # share of the same questions whose right option stands there
        "excess": pl.Float64,  # named - right
    },
)

IMAGE_POOL = _table(
    "image_pool",
    "image_id",
    {
        "image_id": pl.String,
        "uri": pl.String,
        "source": pl.String,
        "license": pl.String,
        "width": pl.Int32,  # as displayed: after EXIF rotation
        "height": pl.Int32,
        "format": pl.String,  # JPEG, PNG, WEBP, GIF, ...
        "n_bytes": pl.Int64,
        "perceptual_hash": pl.UInt64,
    },
)

REJECTED_IMAGES = _table(
    "rejected_images",
    "uri reason",
    {
        "uri": pl.String,
        "source": pl.String,
        "reason": pl.String,  # empty_file, truncated, duplicate, ...
        "detail": pl.String,
        "twin_image_id": pl.String,  # for duplicates: the image that was kept
    },
    nullable="detail twin_image_id",
)

DECODED_IMAGES = _table("decoded_images", "image_id", IMAGE_POOL.columns)
"""The images of a shard before twins and excluded ones are left out, so that none is decoded again
when those are looked for again."""

UNDECODED_FILES = _table(
    "undecoded_files",
    "uri reason",
    REJECTED_IMAGES.columns,
    nullable="detail twin_image_id",
)
"""The other files of the shard."""

TASK_EMBEDDINGS = _table(
    "task_embeddings",
    "task_id",
    {
        "task_id": pl.String,
        "text": pl.String,
        "embedding": pl.List(pl.Float16),
        "reason": pl.String,
    },
    nullable="embedding reason",  # exactly one of the two is null
)

IMAGE_EMBEDDINGS = _table(
    "image_embeddings",
    "image_id",
    {"image_id": pl.String, "embedding": pl.List(pl.Float16), "reason": pl.String},
    nullable="embedding reason",  # exactly one of the two is null
)

CLIP_SIMILARITY = _table(
    "clip_similarity",
    "image_id rank",
    {"image_id": pl.String, "task_id": pl.String, "score": pl.Float32, "rank": pl.Int32},
)

CANDIDATE_PAIRS = _table(
    "candidate_pairs",
    "image_id rank",
    {"image_id": pl.String, "task_id": pl.String, "score": pl.Float32, "rank": pl.Int32},
)

FILTERED_PAIRS = _table(
    "filtered_pairs",
    "image_id task_id",
    {
        "image_id": pl.String,
        "task_id": pl.String,
        "kept": pl.Boolean,  # null = the filter gave no verdict, for the reason beside it
        "outcome": pl.String,
        "reason": pl.String,
    },
    nullable="kept reason",
)

RAW_QA = _table(
    "raw_qa",
    "qa_id",
    {
        "qa_id": pl.String,
        "image_id": pl.String,
        "task_id": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "model": pl.String,
        "prompt_version": pl.String,
    },
)

QA_FAILURES = _table(
    "qa_failures",
    "image_id task_id",
    {
        "image_id": pl.String,
        "task_id": pl.String,
        "outcome": pl.String,
        "reason": pl.String,
    },
)

QA_SKIPPED = _table(
    "qa_skipped",
    "image_id task_id",
    {"image_id": pl.String, "task_id": pl.String, "reason": pl.String},
)
"""Pairs that the filter kept and nobody was asked about, for money's sake."""

REFEREE_SCORES = _table(
    "referee_scores",
    "qa_id",
    {
        "qa_id": pl.String,
        "vote": pl.Int8,  # 0, 1, or null = no verdict
        "outcome": pl.String,
        "reason": pl.String,
    },
    nullable="vote reason",
)

REFEREE_CALIBRATION = _table(
    "referee_calibration",
    "referee kind qa_id",
    {
        "referee": pl.String,
        "kind": pl.String,  # right, or how the pair is wrong: referee_calibration/faults.py
        "qa_id": pl.String,
        "image_id": pl.String,
        "path": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "known_answer": pl.String,  # null where the question does not fit the picture
        "vote": pl.Int8,  # 0, 1, or null = no verdict
        "outcome": pl.String,
        "reason": pl.String,
    },
    nullable="known_answer vote reason",
)

REFEREE_RATES = _table(
    "referee_rates",
    "referee kind",
    {
        "referee": pl.String,
        "kind": pl.String,
        "pairs": pl.Int64,
        "votes": pl.Int64,
        "right": pl.Int64,  # votes that are right: 1 on what is right, 0 on what is wrong
        "share": pl.Float64,  # of the votes; null when there is none
        "low": pl.Float64,
        "high": pl.Float64,
    },
    nullable="share",
)

REFEREE_AGREEMENT = _table(
    "referee_agreement",
    "left right",
    {
        "left": pl.String,
        "right": pl.String,
        "pairs": pl.Int64,  # that both voted on
        "alike": pl.Float64,
        "kappa": pl.Float64,
    },
    nullable="kappa",
)

VOTE_THRESHOLDS = _table(
    "vote_thresholds",
    "min_score",
    {
        "min_score": pl.Int64,
        "referees": pl.Int64,
        "share_right": pl.Float64,  # of the questions that are voted on, estimated
        "precision": pl.Float64,  # expected of independent votes
        "recall": pl.Float64,
        "f1": pl.Float64,
        "joint_precision": pl.Float64,  # as the pairs were voted on together
        "joint_recall": pl.Float64,
        "joint_f1": pl.Float64,
        "joint_pairs": pl.Int64,
    },
    nullable="precision f1 joint_precision joint_recall joint_f1",
)

VOTES = pl.List(pl.Struct({"referee": pl.String, "vote": pl.Int8}))
"""The votes of a question, in the order of the referees' names."""

SCORED_QA = _table(
    "scored_qa",
    "qa_id",
    {
        "qa_id": pl.String,
        "image_id": pl.String,
        "task_id": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "model": pl.String,
        "prompt_version": pl.String,
        "votes": VOTES,
        "score": pl.Int32,  # votes of 1
    },
)

BALANCED_DATASET = _table(
    "balanced_dataset",
    "sample_id",
    {
        "sample_id": pl.String,
        "qa_id": pl.String,
        "image_id": pl.String,
        "task_id": pl.String,
        "path": pl.String,
        "question": pl.String,
        "answer": pl.String,
        "model": pl.String,
        "prompt_version": pl.String,
        "votes": VOTES,
        "score": pl.Int32,
        "uri": pl.String,
        "source": pl.String,
        "license": pl.String,
        "image_shard": pl.String,
    },
    nullable="score",  # of a known answer, which nobody votes on
)

COT_ANSWERS = _table(
    "cot_answers",
    "sample_id",
    {
        "sample_id": pl.String,
        "cot_answer": pl.String,  # a step a line, the answer last; null = none, for the reason
        "same_answer": pl.Boolean,  # whether it ends with the sample's own answer
        "outcome": pl.String,
        "reason": pl.String,
        "model": pl.String,
        "prompt_version": pl.String,
    },
    nullable="cot_answer same_answer reason",
)

PUBLISHED_DATASET = _table(
    "published_dataset",
    "format",
    {
        "format": pl.String,  # llava, llava_cot, huggingface, report
        "path": pl.String,
        "rows": pl.Int64,
        "images_left_out": pl.Int64,
    },
)

IMAGES_LEFT_OUT = _table(
    "images_left_out",
    "format image_id",
    {
        "format": pl.String,
        "image_id": pl.String,
        "uri": pl.String,
        "reason": pl.String,
        "detail": pl.String,
    },
    nullable="detail",
)

DROPPED = _table(
    "dropped_questions",
    "reason",
    {"stage": pl.String, "reason": pl.String, "count": pl.Int64},
)

WITHDRAWALS = _table(
    "withdrawals",
    "kind id",
    {"kind": pl.String, "id": pl.String, "reason": pl.String},  # kind: image, task_type
    nullable="reason",
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            TASK_TREE,
            REJECTED_TASK_TYPES,
            SEED_PATHS,
            SHARD_FILES,
            CHANGED_LICENCES,
            REFUSED_FILES,
            SCENES,
            TASK_SPACE,
            GROUND_TRUTH_QA,
            EVALUATION_TASKS,
            TASKS_WITHOUT_INSTANCE,
            MODEL_ANSWERS,
            MODEL_PERFORMANCE,
            POSITION_BIAS,
            IMAGE_POOL,
            REJECTED_IMAGES,
            DECODED_IMAGES,
            UNDECODED_FILES,
            TASK_EMBEDDINGS,
            IMAGE_EMBEDDINGS,
            CLIP_SIMILARITY,
            CANDIDATE_PAIRS,
            FILTERED_PAIRS,
            RAW_QA,
            QA_FAILURES,
            QA_SKIPPED,
            REFEREE_SCORES,
            REFEREE_CALIBRATION,
            REFEREE_RATES,
            REFEREE_AGREEMENT,
            VOTE_THRESHOLDS,
            SCORED_QA,
            BALANCED_DATASET,
            DROPPED,
            COT_ANSWERS,
            PUBLISHED_DATASET,
            IMAGES_LEFT_OUT,
            WITHDRAWALS,
        )
    }
)
