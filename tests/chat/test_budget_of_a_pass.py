"""A budget that ends in the middle of a pass: the partition fails, what is free goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from asked import asked_twice
from fixtures import StartServer

from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.pass_report import PassReport
from tg_assets.settings import load_settings
from tg_assets.walk import walk

FREE = {"ada": "embedded", "cleo": "embedded-2"}


def run(folder: Path, url: str, total_usd: float) -> tuple[Galaxy, PassReport]:
    paid = {
        "provider": "openai",
        "model": "schema",
        "base_url": url,
        "api_key_env": None,
        "price": {"input": 1.0, "output": 10.0},
        "max_tokens": 64,
        "max_image_side": 64,
        "concurrency": 4,
    }
    settings: dict[str, Any] = {
        "name": "bought",
        "home": str(folder / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": 12}],
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        "filter": "embedded",
        "ask": "embedded",
        "referees": {**FREE, "bob": "paid"},
        "models": {"paid": paid, "embedded-2": {"provider": "embedded", "error_rate": 0.1}},
        "budget": {"total_usd": total_usd},
        "dataset": {"min_score": 1, "exports": []},
        "calibration": {"pairs": 0},
        "checks": {"min_referee_agreement": 0, "min_referee_accuracy": 0},
    }
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(settings))
    loaded = load_settings(file)
    galaxy = Galaxy(loaded)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        with open_instance(loaded) as instance:
            return galaxy, walk(galaxy, instance)


@pytest.mark.timeout(120)
def test_partition_fails_with_what_to_do_free_ones_go_on_and_more_money_buys_only_the_rest(
    schema_server: StartServer, tmp_path: Path
) -> None:
    server = schema_server()
    galaxy, report = run(tmp_path, server.url, total_usd=0.008)
    shard = galaxy.tables.partitions("image_pool")[0]
    votes = galaxy.tables.read("raw_qa", shard).height
    assert votes > 20, "too few questions for the budget to end"
    (failure,) = report.failures
    assert failure.startswith(f"referee_scores[{shard}|bob]: ")
    assert "stage vote: asking stopped before the budget is overrun" in failure
    assert "budget.total_usd is $0.008" in failure
    assert "raise the budget in the settings and run again" in failure
    for referee in FREE:
        assert galaxy.tables.read("referee_scores", shard, referee).height == votes
    assert galaxy.ledger.costs()["cost_usd"].sum() <= 0.008
    assert 0 < len(server.log) < votes

    galaxy, report = run(tmp_path, server.url, total_usd=1.0)
    assert not report.failures
    assert report.stages["balanced_dataset"].rows_out > 0
    assert len(server.log) == votes
    assert not asked_twice(server.log)
