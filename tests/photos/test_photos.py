"""`tg run` on a folder of real photos: three passes, as a user would make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from photo_folder import COPIES, bad_photos, good_photos
from photo_galaxy import KEY, REFEREES, Pass, PhotoGalaxy

NEW_SHARD = "00001-mine"


def images_of(log: list[dict[str, Any]], schema: str | None = None) -> set[str]:
    """Return the images that requests were about."""
    return {
        entry["image_id"]
        for entry in log
        if entry["image_id"] and schema in (None, entry["schema"])
    }


def by_name(galaxy: PhotoGalaxy, frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return rows by the name of their file within the folder of photos."""
    folder = f"{galaxy.photos}/"
    return {row["uri"].removeprefix(folder): row for row in frame.iter_rows(named=True)}


def test_a_folder_of_photos_goes_through(first: Pass) -> None:
    assert first.code == 0, first.errors
    assert first.report["failures"] == []
    assert first.report["held"] == []
    assert "Traceback" not in first.errors


def test_standard_output_is_one_line_of_json(first: Pass) -> None:
    assert first.output.count("\n") == 1
    assert set(first.report) >= {"stages", "failures", "paths", "refused_files", "seconds"}


def test_the_summary_and_what_goes_on_are_on_standard_error(first: Pass) -> None:
    assert {"in", "out", "known", "paid"} <= set(first.errors.split())
    assert "image_pool" in first.errors


def test_what_is_hardly_meant_is_remarked_on(first: Pass) -> None:
    assert "referees ada, bob ask the same model in the same way" in first.errors
    assert "clip.model small was trained on this project's drawn pictures" in first.errors


def test_every_stage_says_its_rows_requests_cost_and_seconds(first: Pass) -> None:
    for name, stage in first.report["stages"].items():
        assert stage["ran"] == stage["partitions"], name
        assert (stage["seconds"] > 0) == (stage["partitions"] > 0), name
    assert first.stage("image_pool")["rows_in"] == first.tables["shard_files"].height
    assert first.stage("image_pool")["rows_out"] == len(good_photos())
    assert first.stage("filtered_pairs")["rows_in"] == 4 * len(good_photos())
    kept = first.tables["filtered_pairs"].filter(pl.col("kept")).height
    assert first.stage("raw_qa")["rows_in"] == first.stage("raw_qa")["rows_out"] == kept
    assert first.stage("referee_scores")["rows_in"] == len(REFEREES) * kept
    assert first.stage("published_dataset")["rows_out"] > 0


def test_requests_are_those_that_the_servers_saw_and_cost_what_they_cost(first: Pass) -> None:
    stages = first.report["stages"].values()
    requests = sum(stage["requests"] for stage in stages)
    assert requests == len(first.asked) + len(first.asked_late)
    dollars = sum(stage["cost_usd"] for stage in stages)
    assert dollars == pytest.approx(requests * (100 * 2.5 + 20 * 10) / 1e6)


def test_two_referees_of_the_same_model_pay_once(first: Pass) -> None:
    kept = first.stage("raw_qa")["rows_out"]
    assert first.stage("referee_scores")["known"] == kept


def test_every_bad_file_bears_its_reason(galaxy: PhotoGalaxy, first: Pass) -> None:
    rejected = by_name(galaxy, first.tables["rejected_images"])
    reasons = {
        name: row["reason"] for name, row in rejected.items() if row["reason"] != "duplicate"
    }
    reasons.pop("locked.jpg", None)  # readable to root
    assert reasons == {name: reason for name, (_, reason) in bad_photos().items()}
    assert all(row["detail"] for row in rejected.values())


def test_copies_are_merged_and_name_their_twin(galaxy: PhotoGalaxy, first: Pass) -> None:
    pool = set(first.tables["image_pool"]["image_id"])
    twins = first.tables["rejected_images"].filter(pl.col("reason") == "duplicate")
    assert twins.height == len(COPIES)
    assert set(twins["twin_image_id"]) <= pool


def test_every_good_file_is_in_the_pool_once(galaxy: PhotoGalaxy, first: Pass) -> None:
    pool = by_name(galaxy, first.tables["image_pool"])
    originals = set(good_photos()) - set(COPIES.values())
    assert originals <= set(pool)
    assert len(pool) == len(good_photos())
    turned = pool["turned.jpg"]
    assert (turned["width"], turned["height"]) == (120, 80)
    assert pool["named wrongly.jpg"]["format"] == "PNG"
    assert {row["license"] for row in pool.values()} == {"CC-BY-4.0"}


def test_what_is_no_file_of_a_picture_is_refused(galaxy: PhotoGalaxy, first: Pass) -> None:
    refused = by_name(galaxy, galaxy.tables.read("refused_files"))
    assert {name: row["reason"] for name, row in refused.items()} == galaxy.refused
    assert first.report["refused_files"] == len(galaxy.refused)
    assert "refused_files" in first.errors


def test_both_exports_load(first: Pass) -> None:
    paths = first.report["paths"]
    samples = first.stage("published_dataset")["rows_out"]
    shards = [str(file) for file in Path(paths["huggingface"]).rglob("*.parquet")]
    assert pl.read_parquet(shards).height == samples
    llava = Path(paths["llava"])
    (conversations,) = llava.glob("*.json")
    rows = json.loads(conversations.read_text(encoding="utf-8"))
    assert len(rows) == samples
    assert all(list(llava.rglob(Path(row["image"]).name)) for row in rows)
    for name in ("card", "report"):
        assert Path(paths[name]).is_file()


def test_the_key_is_in_no_output_and_no_file(galaxy: PhotoGalaxy, third: Pass) -> None:
    assert KEY not in third.output + third.errors
    home = galaxy.folder / "home"
    leaks = [str(file) for file in home.rglob("*") if file.is_file() and _holds(file, KEY)]
    assert not leaks


def _holds(file: Path, text: str) -> bool:
    return text.encode() in file.read_bytes()


def test_a_second_run_asks_nothing_and_runs_nothing(first: Pass, second: Pass) -> None:
    assert second.code == 0, second.errors
    assert second.asked == []
    assert second.asked_late == []
    assert all(stage["ran"] == 0 for stage in second.report["stages"].values())
    for name, stage in first.report["stages"].items():
        assert second.stage(name)["rows_in"] == stage["rows_in"], name
        assert second.stage(name)["rows_out"] == stage["rows_out"], name
    assert "nothing was asked" in second.errors


def test_new_photos_become_a_shard_and_only_they_are_asked_about(third: Pass) -> None:
    assert third.code == 0, third.errors
    listed = third.tables["shard_files"].filter(pl.col("shard") == NEW_SHARD)
    assert listed.height == 10
    fresh = third.tables["image_pool"].filter(pl.col("shard") == NEW_SHARD)
    assert fresh.height == 10
    assert third.stage("image_pool")["ran"] == 1
    assert third.asked
    assert images_of(third.asked) <= set(fresh["image_id"])
    assert images_of(third.asked, "filter") == set(fresh["image_id"])


def test_a_changed_photo_is_a_row_with_that_reason_and_others_go_on(
    galaxy: PhotoGalaxy, second: Pass, third: Pass
) -> None:
    old = second.tables["image_pool"]
    (changed,) = old.filter(pl.col("uri") == galaxy.changed)["image_id"]
    questions = third.tables["scored_qa"].select("qa_id", "image_id")
    votes = third.votes.filter(pl.col("referee") == "late").join(questions, on="qa_id")
    of_changed = votes.filter(pl.col("image_id") == changed)
    assert of_changed.height > 0
    assert of_changed["vote"].null_count() == of_changed.height
    assert all("changed after it was registered" in reason for reason in of_changed["reason"])
    assert votes.filter(pl.col("image_id") != changed)["vote"].null_count() == 0


def test_a_changed_photo_is_left_out_of_the_exports_with_that_reason(
    galaxy: PhotoGalaxy, third: Pass
) -> None:
    left_out = galaxy.tables.read("images_left_out")
    assert set(left_out["uri"]) <= {galaxy.changed}
    samples = galaxy.tables.read("balanced_dataset")
    if galaxy.changed in set(samples["uri"]):
        assert left_out.height > 0
        assert set(left_out["reason"]) == {"changed"}
