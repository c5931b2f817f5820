"""What is withdrawn disappears with the next pass, images are refilled, nothing else is asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import yaml

from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.settings import load_settings
from tg_assets.tables_io import TableStore
from tg_assets.tracing.fates import left_in, trace_image, trace_task_type
from tg_assets.tracing.finding import NothingTraced, find
from tg_assets.tracing.samples import trace_sample
from tg_assets.walk import PassReport, walk
from tg_assets.withdrawals.unheard import unheard

TOP_K = 3
TABLES = ("candidate_pairs", "filtered_pairs", "raw_qa", "balanced_dataset")
SEEDS = {
    "counting": ["object counting", "shape counting"],
    "detection": ["object detection", "shape detection"],
    "image description": ["brief captioning", "region description"],
    "logical reasoning": ["comparison reasoning", "spatial reasoning"],
}


@dataclass
class Snapshot:
    """What a pass did and left."""

    report: PassReport
    tables: dict[str, pl.DataFrame]

    def pairs(self, table: str = "candidate_pairs") -> set[tuple[str, str]]:
        return set(self.tables[table].select("image_id", "task_id").iter_rows())

    def asked(self, stage: str) -> int:
        """Return how many questions the ledger did not know."""
        return self.report.stages[stage].questions - self.report.stages[stage].known


@dataclass
class Withdrawn:
    """A pass before and one after an image and a task type were withdrawn."""

    image: str
    task: str
    path: str
    folder: Path
    before: Snapshot
    after: Snapshot

    @property
    def galaxy(self) -> Galaxy:
        return Galaxy(load_settings(self.folder / "galaxy.yaml"))


def passed(folder: Path) -> Snapshot:
    settings = load_settings(folder / "galaxy.yaml")
    with open_instance(settings) as instance:
        galaxy = Galaxy(settings)
        report = walk(galaxy, instance)
    assert not report.failures, report.failures
    shard = ("00000-drawn",)
    return Snapshot(
        report,
        {
            name: galaxy.tables.read(name, *(() if name == "balanced_dataset" else shard))
            for name in TABLES
        },
    )


def write_settings(folder: Path) -> None:
    settings = {
        "name": "small",
        "home": "home",
        "sources": [{"kind": "rendered", "name": "drawn", "count": 8, "families": ["grid"]}],
        "task_tree": {"seeds": "seeds.yaml", "model": "embedded"},
        "clip": {"device": "cpu"},
        "match": {"top_k": TOP_K, "keep_per_batch": TOP_K},
        "filter": "embedded",
        "ask": "embedded",
        "referees": {"ada": "embedded"},
        "models": {"embedded": {"provider": "embedded", "error_rate": 0.0}},
        "dataset": {"min_score": 1, "exports": ["llava"]},
        "withdrawals": "withdrawn.csv",
    }
    (folder / "galaxy.yaml").write_text(yaml.safe_dump(settings))
    (folder / "seeds.yaml").write_text(yaml.safe_dump(SEEDS))
    (folder / "withdrawn.csv").write_text("kind,id,reason\n")


@pytest.fixture(scope="module")
def withdrawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Withdrawn]:
    folder = tmp_path_factory.mktemp("withdrawals")
    write_settings(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        before = passed(folder)
        samples = before.tables["balanced_dataset"]
        counts = before.tables["candidate_pairs"].group_by("task_id").len()
        often = samples.join(counts, on="task_id").sort("len", "sample_id")
        task, path = often.select("task_id", "path").row(-1)
        image = often["image_id"][0]
        lines = f"kind,id,reason\nimage,{image},blurred\ntask_type,{path.upper()},wrong\n"
        (folder / "withdrawn.csv").write_text(lines)
        yield Withdrawn(image, task, path, folder, before, passed(folder))


@pytest.mark.parametrize("table", ["candidate_pairs", "balanced_dataset"])
def test_what_is_withdrawn_is_gone(withdrawn: Withdrawn, table: str) -> None:
    before, after = withdrawn.before.tables[table], withdrawn.after.tables[table]
    assert withdrawn.image in set(before["image_id"])
    assert withdrawn.image not in set(after["image_id"])
    assert withdrawn.task in set(before["task_id"])
    assert withdrawn.task not in set(after["task_id"])
    assert after.height > 0


def test_images_are_refilled_from_the_task_types_that_remain(withdrawn: Withdrawn) -> None:
    after = withdrawn.after.tables["candidate_pairs"]
    counts = after.group_by("image_id").len()
    assert counts["len"].unique().to_list() == [TOP_K]
    everyone = set(withdrawn.before.tables["candidate_pairs"]["image_id"])
    assert set(counts["image_id"]) == everyone - {withdrawn.image}
    assert withdrawn.after.pairs() - withdrawn.before.pairs()


def test_pairs_that_have_nothing_to_do_with_it_stay(withdrawn: Withdrawn) -> None:
    stay = {
        (image, task)
        for image, task in withdrawn.before.pairs()
        if image != withdrawn.image and task != withdrawn.task
    }
    assert stay <= withdrawn.after.pairs()


def test_only_the_new_pairs_are_asked_about(withdrawn: Withdrawn) -> None:
    new = withdrawn.after.pairs() - withdrawn.before.pairs()
    assert withdrawn.after.asked("filtered_pairs") == len(new)
    new_questions = withdrawn.after.pairs("raw_qa") - withdrawn.before.pairs("raw_qa")
    assert withdrawn.after.asked("raw_qa") == len(new_questions)
    assert withdrawn.after.asked("referee_scores") == len(new_questions)


def test_the_tree_is_not_run_again_and_no_other_image_is_embedded_again(
    withdrawn: Withdrawn,
) -> None:
    stages = withdrawn.after.report.stages
    assert [stages[name].ran for name in ("task_tree", "task_embeddings")] == [0, 0]
    assert stages["image_embeddings"].ran == 1
    assert withdrawn.galaxy.settings.withdrawals
    assert stages["withdrawals"].rows_out == 2


def test_no_table_no_file_and_no_export_holds_the_image(withdrawn: Withdrawn) -> None:
    image = withdrawn.image
    assert list(left_in(withdrawn.galaxy, image)) == []
    there = [str(path) for path in withdrawn.folder.rglob("*") if image in path.name]
    assert there == []
    other = withdrawn.after.tables["balanced_dataset"]["image_id"][0]
    held = [line.split(":")[0] for line in left_in(withdrawn.galaxy, other)]
    assert {"picture that was drawn", "export", "table image_pool", "table raw_qa"} <= set(held)


def test_the_trace_of_a_withdrawn_image_says_so(withdrawn: Withdrawn) -> None:
    found = find(withdrawn.galaxy.tables, withdrawn.image[:8])
    assert (found.kind, found.id) == ("image", withdrawn.image)
    traced = trace_image(withdrawn.galaxy, found.id, found.shard)
    assert traced["withdrawn"] == {"reason": "blurred"}
    assert traced["pairs"] == traced["left_in"] == []


def test_the_trace_of_a_withdrawn_task_type_says_so(withdrawn: Withdrawn) -> None:
    found = find(withdrawn.galaxy.tables, withdrawn.path)
    traced = trace_task_type(withdrawn.galaxy, found.id)
    assert traced["withdrawn"] == {"reason": "wrong"}
    assert set(traced["rows"].values()) == {0}
    assert traced["task_type"]["path"] == withdrawn.path


def test_the_trace_of_a_sample_shows_its_whole_way(withdrawn: Withdrawn) -> None:
    sample = withdrawn.after.tables["balanced_dataset"].row(0, named=True)
    found = find(withdrawn.galaxy.tables, sample["sample_id"])
    assert found.kind == "sample"
    traced = trace_sample(withdrawn.galaxy, found.id, found.shard or "")
    assert traced["image"]["image_id"] == sample["image_id"]
    assert traced["image"]["license"] == sample["license"]
    assert traced["task_type"]["path"] == sample["path"]
    assert 1 <= traced["candidate"]["rank"] <= TOP_K
    assert traced["filter"]["kept"] is True
    assert "suitable" in traced["filter"]["response"]["raw"]
    assert sample["question"] in json.loads(traced["question"]["response"]["raw"])["embedded"]
    (vote,) = traced["votes"]
    assert (vote["referee"], vote["vote"]) == ("ada", 1)
    assert '"vote' in vote["response"]["raw"].replace("\\", "")
    assert traced["in_dataset"]
    assert "votes; priority" in traced["because"]


def test_what_names_nothing_is_said(withdrawn: Withdrawn) -> None:
    with pytest.raises(NothingTraced, match="is no sample, question, image or task type"):
        find(withdrawn.galaxy.tables, "0123456789abcdef")


def test_a_withdrawal_of_nothing_known_and_a_source_that_stays_are_said(
    withdrawn: Withdrawn, tmp_path: Path
) -> None:
    assert withdrawn.after.report.remarks == []
    galaxy = withdrawn.galaxy
    (source,) = galaxy.settings.sources
    renamed = source.model_copy(update={"name": "another"})
    settings = galaxy.settings.model_copy(update={"sources": (renamed,)})
    tables = TableStore(str(shutil.copytree(withdrawn.folder / "home", tmp_path / "home")))
    rows = tables.read("withdrawals")
    unknown = pl.DataFrame([("image", "0" * 32, None)], schema=rows.schema, orient="row")
    tables.write("withdrawals", pl.concat([rows, unknown]))
    images, sources = unheard(settings, tables)
    assert images.startswith(f"withdrawals: 1 images name nothing known: {'0' * 32};")
    assert sources.startswith("source drawn is no longer in the settings; its 8 files stay")
