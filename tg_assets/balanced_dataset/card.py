"""The data card: what the dataset is, what it cost, and what is not in it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import yaml

from tg_assets.balanced_dataset.card_calibration import calibration_section
from tg_assets.balanced_dataset.card_parts import inline, markdown_table
from tg_assets.balanced_dataset.facts import DatasetFacts
from tg_assets.balanced_dataset.licences import LICENCES, normalise

__all__ = ["CardConfig", "DatasetFacts", "render_card"]

DEFAULT_CONFIG = "default"


class _PlainDumper(yaml.SafeDumper):
    """Writes repeated lists out: not every reader of front matter follows YAML's references."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


@dataclass(frozen=True)
class CardConfig:
    """A configuration that ``datasets.load_dataset`` can be asked for.

    Attributes:
        name: Its name; the first one is loaded when none is asked for.
        paths: Its Parquet files, relative to the card.
        rows: Samples in them.
        n_bytes: Size of the files.
        features: The columns, in the YAML of Hugging Face.
    """

    name: str
    paths: tuple[str, ...]
    rows: int
    n_bytes: int
    features: tuple[dict[str, Any], ...] = ()


def render_card(
    facts: DatasetFacts, samples: pl.DataFrame, configs: Sequence[CardConfig] = ()
) -> str:
    """Return the card as Markdown with the front matter that Hugging Face reads.

    Args:
        facts: What is known beyond the samples.
        samples: ``BALANCED_DATASET``, as published.
        configs: The configurations with their files; without any, all of ``data/`` is one.
    """
    front = yaml.dump(
        _front_matter(facts, samples, configs),
        Dumper=_PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )
    sections = [
        f"# {inline(facts.name)}",
        *([f"> **Notice:** {inline(facts.embedded_notice)}"] if facts.embedded_notice else []),
        _summary(facts, samples),
        _columns_section(configs),
        _subsets(facts),
        _task_types(facts, samples),
        _sources(facts),
        _pipeline(facts),
        calibration_section(facts.calibration),
        _cost(facts),
        _left_behind(facts),
    ]
    body = "\n\n".join(section for section in sections if section)
    return f"---\n{front}---\n\n{body}\n"


def _front_matter(
    facts: DatasetFacts, samples: pl.DataFrame, configs: Sequence[CardConfig]
) -> dict[str, Any]:
    licence = normalise(facts.resulting_licence)
    identifier = LICENCES[licence].hugging_face
    front: dict[str, Any] = {"license": identifier}
    if identifier == "other":
        front["license_name"] = licence.lower()
    front |= {
        "pretty_name": " ".join(facts.name.split()),  # a line of its own could end the front matter
        "language": [facts.language],
        "task_categories": ["visual-question-answering", "image-text-to-text"],
        "size_categories": [_size_category(samples.height)],
        "tags": ["taskgalaxy", "instruction-tuning", "synthetic"],
    }
    listed = configs or (CardConfig(DEFAULT_CONFIG, ("data/train-*",), samples.height, 0),)
    front["configs"] = [_config(config) for config in listed]
    infos = [_dataset_info(config) for config in configs if config.features]
    if infos:
        front["dataset_info"] = infos
    return front


def _config(config: CardConfig) -> dict[str, Any]:
    entry: dict[str, Any] = {"config_name": config.name}
    if config.name == DEFAULT_CONFIG:
        entry["default"] = True
    entry["data_files"] = [{"split": "train", "path": list(config.paths)}]
    return entry


def _dataset_info(config: CardConfig) -> dict[str, Any]:
    return {
        "config_name": config.name,
        "features": [dict(feature) for feature in config.features],
        "splits": [{"name": "train", "num_bytes": config.n_bytes, "num_examples": config.rows}],
        "download_size": config.n_bytes,
        "dataset_size": config.n_bytes,
    }


def _size_category(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "100M<n<1B")


def _summary(facts: DatasetFacts, samples: pl.DataFrame) -> str:
    lines = [
        f"{samples.height:,} questions with answers about "
        f"{samples['image_id'].n_unique():,} images, over {samples['task_id'].n_unique():,} task "
        "types, for the supervised fine-tuning of vision-language models. A model wrote each "
        "question and answer for a task type that suits the image; referee models voted on each, "
        "and the task types were balanced.",
        f"**Licence:** {inline(facts.resulting_licence)}"
        + (f" ({inline(facts.licence_because)})." if facts.licence_because else ".")
        + " Every sample carries the licence and source of its own image.",
    ]
    if facts.licence_conflict:
        lines.append(f"> **Licences in conflict:** {inline(facts.licence_conflict)}.")
    lines.append(
        f"**Cost:** ${facts.dollars:,.2f} for {facts.requests:,} requests and {facts.tokens:,} "
        "tokens in all."
    )
    return "\n\n".join(lines)


_COLUMNS = (
    ("image", "the picture: its bytes and file name"),
    ("conversations", "the turns for training; the first begins with the only image token"),
    ("question, answer", "the same as plain text, as generated"),
    ("task_type, task_levels", "the task type: its path, and its levels as a list"),
    ("votes, score", "what each referee voted (1 fits, 0 does not, null no verdict), and the sum"),
    ("source, license", "where the image is from, and its licence"),
    ("model, prompt_version", "what wrote the question and answer"),
    ("cot_answer", "where it is there: the answer step by step, by the model of the stage cot"),
    ("sample_id, image_id, task_id", "hashes of the content: the same in every version"),
)


def _columns_section(configs: Sequence[CardConfig]) -> str:
    if not configs:
        return ""
    return "## Columns\n\n" + markdown_table(("column", "what it holds"), _COLUMNS)


def _subsets(facts: DatasetFacts) -> str:
    if not facts.subsets:
        return ""
    rows = [
        (s.name, f"{s.samples:,}", f"{s.task_types:,}", f"{s.images:,}", s.note or "")
        for s in facts.subsets
    ]
    return (
        "## Subsets\n\nFor ablations; load one by its name as the configuration. Subsets that "
        "differ in one setting nest: the task types and samples of the smaller are among those of "
        "the larger, except that at a constant number of images only the task types nest.\n\n"
        + markdown_table(("subset", "samples", "task types", "images", "note"), rows)
    )


def _task_types(facts: DatasetFacts, samples: pl.DataFrame) -> str:
    parts = ["## Task types"]
    if facts.levels:
        rows = [(str(level), f"{count:,}") for level, count in facts.levels]
        parts.append(markdown_table(("level of the tree", "task types"), rows))
    if samples.height:
        sizes = sorted(samples.group_by("task_id").len()["len"].to_list())
        parts.append(
            f"Samples per task type: {sizes[0]} to {sizes[-1]}, median "
            f"{statistics.median(sizes):g}."
        )
    return "\n\n".join(parts) if len(parts) > 1 else ""


def _sources(facts: DatasetFacts) -> str:
    rows = [(s.source, f"{s.images:,}", s.licence) for s in facts.sources]
    return _section("Sources", ("source", "images", "licence"), rows)


def _pipeline(facts: DatasetFacts) -> str:
    models = [(m.stage, m.model, m.prompt_version or "") for m in facts.models]
    funnel = [(s.stage, f"{s.rows_in:,}", f"{s.rows_out:,}", s.unit) for s in facts.funnel]
    parts = [
        _section("How it was made", ("stage", "model", "prompt version"), models),
        f"Referees: {inline(', '.join(facts.referees))}." if facts.referees else "",
        markdown_table(("stage", "in", "out", "of"), funnel) if funnel else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _cost(facts: DatasetFacts) -> str:
    rows = [
        (
            line.stage,
            line.model,
            f"{line.requests:,}",
            f"{line.prompt_tokens:,}",
            f"{line.completion_tokens:,}",
            f"{line.dollars:,.2f}",
        )
        for line in facts.ledger
    ]
    head = ("stage", "model", "requests", "prompt tokens", "completion tokens", "dollars")
    return _section("What it cost", head, rows)


def _left_behind(facts: DatasetFacts) -> str:
    dropped = [(d.stage, d.reason, f"{d.count:,}") for d in facts.dropped]
    partitions = [(p.asset, p.partition, p.reason) for p in facts.left_out]
    parts = [
        _section("What was left behind", ("stage", "reason", "rows"), dropped),
        _section("Partitions that are not in it", ("asset", "partition", "reason"), partitions),
    ]
    return "\n\n".join(part for part in parts if part)


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"## {title}\n\n{markdown_table(head, rows)}" if rows else ""
