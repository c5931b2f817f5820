"""The sensors see what is new once, and complete what a killed registration left behind."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.galaxy import Galaxy
from sensors.new_images import new_images_sensor
from sensors.new_task_types import new_task_types_sensor
from sensors.refresh import refresh_job, refresh_schedule
from tg_assets.definitions import build_defs
from tg_assets.ids import task_id
from tg_assets.image_pool.licences import changed
from tg_assets.registration import list_batch, list_growth, list_shards
from tg_assets.settings import Settings
from tg_assets.tables import TASK_TREE
from tg_assets.walk import PassReport


def look(
    sensor: dg.SensorDefinition, galaxy: Galaxy, instance: dg.DagsterInstance
) -> dict[str, list[str]] | str:
    """Let a sensor look and do what it asks for; return the keys it adds, or why it skips."""
    with dg.build_sensor_context(instance=instance, resources={"galaxy": galaxy}) as context:
        data = sensor.evaluate_tick(context)
    assert not data.run_requests  # what is registered flows on by the automation
    added: dict[str, list[str]] = {}
    for request in data.dynamic_partitions_requests or []:
        assert isinstance(request, dg.AddDynamicPartitionsRequest)
        instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        added[request.partitions_def_name] = list(request.partition_keys)
    return added or str(data.skip_message)


def uris(galaxy: Galaxy, shard: str) -> list[str]:
    """Return the names of a shard's files."""
    return [Path(uri).name for uri in galaxy.tables.read("shard_files", shard)["uri"]]


def test_new_files_become_shards_and_old_ones_stay_where_they_are(
    galaxy: Galaxy, instance: dg.DagsterInstance, folder: Path
) -> None:
    sensor = new_images_sensor()
    first = look(sensor, galaxy, instance)
    assert isinstance(first, dict)
    one, two = first["image_shard"]
    assert uris(galaxy, one) + uris(galaxy, two) == ["a.png", "b.png", "c.png"]
    assert look(sensor, galaxy, instance) == "no new files"

    (folder / "0.png").write_bytes(b"0")  # sorts before the others
    second = look(sensor, galaxy, instance)
    assert isinstance(second, dict)
    (three,) = second["image_shard"]
    assert three > two
    assert uris(galaxy, three) == ["0.png"]
    assert look(sensor, galaxy, instance) == "no new files"


def test_a_registration_of_shards_that_was_killed_is_completed(
    galaxy: Galaxy, instance: dg.DagsterInstance
) -> None:
    listed = list_shards(galaxy.settings, galaxy.tables, []).keys  # lists written, no key
    assert look(new_images_sensor(), galaxy, instance) == {"image_shard": listed}
    assert look(new_images_sensor(), galaxy, instance) == "no new files"


def test_edited_seeds_become_a_batch(
    galaxy: Galaxy, instance: dg.DagsterInstance, seeds: Path
) -> None:
    sensor = new_task_types_sensor()
    first = look(sensor, galaxy, instance)
    assert isinstance(first, dict)
    (one,) = first["task_batch"]
    assert {"ocr~receipts", "ocr~signs"} <= set(galaxy.tables.read("seed_paths", one)["path"])
    assert look(sensor, galaxy, instance) == "the seeds hold nothing new"

    seeds.write_text("OCR: [Receipts, Signs, Menus]\n")
    second = look(sensor, galaxy, instance)
    assert isinstance(second, dict)
    (two,) = second["task_batch"]
    assert galaxy.tables.read("seed_paths", two)["path"].to_list() == ["ocr~menus"]
    assert look(sensor, galaxy, instance) == "the seeds hold nothing new"

    seeds.write_text("OCR: [Receipts]\n")  # task types are withdrawn, not unlisted
    assert look(sensor, galaxy, instance) == "the seeds hold nothing new"


def test_a_registration_of_a_batch_that_was_killed_is_completed(
    galaxy: Galaxy, instance: dg.DagsterInstance
) -> None:
    listed = list_batch(galaxy.settings, galaxy.tables, [])
    assert look(new_task_types_sensor(), galaxy, instance) == {"task_batch": listed}
    assert look(new_task_types_sensor(), galaxy, instance) == "the seeds hold nothing new"


def test_the_schedule_starts_the_refresh_when_the_settings_say(settings: Settings) -> None:
    schedule = refresh_schedule(settings)
    assert schedule.job_name == refresh_job().name == "refresh"
    assert schedule.cron_schedule == settings.schedule.refresh_cron
    assert schedule.execution_timezone == settings.schedule.timezone
    assert dg.validate_run_config(build_defs(settings).resolve_job_def(schedule.job_name))


@pytest.mark.parametrize("failures", [[], ["image_pool[0000]: checks failed"]])
def test_the_refresh_is_a_walk_and_fails_when_something_in_it_did(
    settings: Settings,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    failures: list[str],
) -> None:
    walked = []

    def walk(galaxy: Galaxy, on: dg.DagsterInstance, **_: object) -> PassReport:
        walked.append((galaxy.settings, on))
        return PassReport(failures=failures)

    monkeypatch.setattr("tg_assets.walk.walk", walk)
    result = (
        build_defs(settings)
        .resolve_job_def("refresh")
        .execute_in_process(instance=instance, raise_on_error=False)
    )
    assert walked == [(settings, instance)]
    assert result.success == (not failures)
    said = [
        str(event.step_failure_data.user_failure_data.description)
        for event in result.all_events
        if event.is_step_failure
    ]
    assert said == failures


def test_accepted_proposals_become_a_batch(
    settings: Settings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    accepted = tmp_path / "accepted.yaml"
    tree = settings.task_tree.model_copy(update={"accepted": str(accepted)})
    galaxy = Galaxy(settings.model_copy(update={"task_tree": tree}))
    sensor = new_task_types_sensor()
    assert isinstance(look(sensor, galaxy, instance), dict)  # the seeds; nothing accepted yet
    assert look(sensor, galaxy, instance) == "the seeds hold nothing new"

    accepted.write_text("OCR: [Signs, Number plates]\n")
    second = look(sensor, galaxy, instance)
    assert isinstance(second, dict)
    (two,) = second["task_batch"]
    assert galaxy.tables.read("seed_paths", two)["path"].to_list() == ["ocr~number plates"]
    assert look(sensor, galaxy, instance) == "the seeds hold nothing new"


def test_a_changed_licence_is_noticed_and_forgotten_when_it_is_changed_back(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    def listed(license: str) -> list[tuple[str, str]]:
        source = settings.sources[0].model_copy(update={"license": license})
        galaxy = Galaxy(settings.model_copy(update={"sources": (source,)}))
        look(new_images_sensor(), galaxy, instance)
        rows = changed(galaxy.tables).select("uri", "license").iter_rows()
        return [(Path(uri).name, license) for uri, license in rows]

    assert listed("CC0-1.0") == []
    now = [(name, "CC-BY-4.0") for name in ("a.png", "b.png", "c.png")]
    assert listed("CC-BY-4.0") == now
    assert listed("CC-BY-4.0") == now
    assert listed("CC0-1.0") == []


def test_the_tree_grows_by_a_batch_a_week_until_its_targets_are_met(settings: Settings) -> None:
    def due(target: int) -> list[str]:
        tree = settings.task_tree.model_copy(update={"targets": {2: target}})
        return list_growth(settings.model_copy(update={"task_tree": tree}), tables, batches)

    tables, batches = Galaxy(settings).tables, list_batch(settings, Galaxy(settings).tables, [])
    assert due(3) == []  # the batch of the seeds is not grown yet
    tables.write("task_tree", grown("ocr", "ocr~receipts", "ocr~signs"), *batches)
    assert due(2) == []
    assert due(3) == ["0001"]
    batches.append("0001")
    assert due(3) == []  # it is not grown yet
    tables.write("task_tree", grown(), "0001")
    assert due(3) == []  # and yielded nothing


def grown(*paths: str) -> pl.DataFrame:
    rows = [(task_id(path), path, path.count("~") + 1, None, "seed", None, None) for path in paths]
    return TASK_TREE.enforce(pl.DataFrame(rows, schema=dict(TASK_TREE.columns), orient="row"))
