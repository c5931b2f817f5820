"""With quota_aware nothing is bought for full task types, and a raised cap buys the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from fixtures import RunningServer
from PIL import Image
from schema_server import Behaviour

from resources.galaxy import Galaxy
from tg_assets import ids
from tg_assets.artifact import Work, inputs_fingerprint
from tg_assets.balanced_dataset.gathering import dropped_before
from tg_assets.gates import Inputs
from tg_assets.instance import open_instance
from tg_assets.partitions import Registered
from tg_assets.raw_qa.assets import raw_qa
from tg_assets.raw_qa.quota import FULL
from tg_assets.settings import load_settings
from tg_assets.tables import IMAGE_POOL, SCORED_QA, TABLES
from tg_assets.walk import walk

TYPES = ("counting~people", "counting~cars", "ocr~signs")
IMAGES = 4
SHARDS = ("0000-a", "0001-b", "0002-c")
Asked = Counter[tuple[str, str]]
"""How often each (image, task type) was asked about."""


class Asking:
    """Shards of photos, each matched to every type, with scores as a test wants them."""

    def __init__(self, folder: Path, server: RunningServer) -> None:
        self.folder, self.server, self.seen = folder, server, 0
        tables = self.galaxy(cap=1).tables
        tree = [{"task_id": ids.task_id(path), "path": path, "level": 2, "origin": "seed"}
                for path in TYPES]  # fmt: skip
        tables.write("task_tree", pl.DataFrame(tree, schema=dict(TABLES["task_tree"].columns)
                     ).with_columns(parent_id=pl.lit(None, pl.String)), "0000")  # fmt: skip
        for number, shard in enumerate(SHARDS):
            self._register(shard, number)

    def _register(self, shard: str, number: int) -> None:
        tables, rows = self.galaxy(cap=1).tables, []
        for n in range(IMAGES):
            file = self.folder / f"{number}-{n}.png"
            Image.new("RGB", (16, 16), (50 * number, 50 * n, 7)).save(file)
            image = ids.image_id(file.read_bytes())
            rows.append({"image_id": image, "uri": str(file), "source": "s", "license": "CC0-1.0",
                         "width": 16, "height": 16, "format": "PNG", "n_bytes": 1,
                         "perceptual_hash": n})  # fmt: skip
        pool = pl.DataFrame(rows, schema=dict(IMAGE_POOL.columns))
        pairs = pool.select("image_id").join(
            pl.DataFrame({"task_id": [ids.task_id(path) for path in TYPES]}), how="cross"
        )
        kept = pairs.with_columns(
            kept=pl.lit(True), outcome=pl.lit("answered"), reason=pl.lit(None, pl.String)
        )
        tables.write("image_pool", pool, shard)
        tables.write("filtered_pairs", kept, shard)

    def galaxy(self, cap: int, quota_aware: bool = True) -> Galaxy:
        model = {"provider": "openai", "model": "schema", "base_url": self.server.url,
                 "api_key_env": None, "price": {"input": 1, "output": 1}}  # fmt: skip
        raw = {
            "name": "quota",
            "home": str(self.folder / "home"),
            "sources": [{"kind": "rendered", "name": "unused", "count": 1}],
            "task_tree": {"seeds": "general", "model": "m"},
            "filter": "m", "ask": "m", "referees": {"ada": "m", "bob": "m"},
            "models": {"m": model},
            "dataset": {"max_per_type": cap, "quota_aware": quota_aware},
        }  # fmt: skip
        file = self.folder / "galaxy.yaml"
        file.write_text(yaml.safe_dump(raw))
        return Galaxy(load_settings(file))

    def ask(self, shard: str, cap: int, quota_aware: bool = True) -> Asked:
        """Make a shard's questions; return what was bought for it."""
        galaxy = self.galaxy(cap, quota_aware)
        inputs = Inputs({"filtered_pairs": [shard], "image_pool": [shard]})
        context: Any = None
        work = Work(context, galaxy, "raw_qa", shard, inputs, Registered(SHARDS, ["0000"], []))
        made = raw_qa.make(work)
        galaxy.tables.write("raw_qa", made.frame, shard)
        for name, frame in made.beside.items():
            galaxy.tables.write(name, frame, shard)
        galaxy.close()
        bought: Asked = Counter()
        for entry in self.server.log[self.seen :]:
            bought.update((entry["image_id"], item["path"] if isinstance(item, dict) else item)
                          for item in entry["items"])  # fmt: skip
        self.seen = len(self.server.log)
        return bought

    def score(self, shard: str, scores: dict[str, list[int]]) -> None:
        """Score a shard's questions: by type, the scores of its pictures in order."""
        tables = self.galaxy(cap=1).tables
        rows = []
        for path, row in self._questions(shard):
            given = scores.get(path, [])
            place = sum(path == other for other, _ in rows)
            score = given[place] if place < len(given) else 0
            rows.append((path, {**row, "votes": [], "score": score}))
        frame = pl.DataFrame([row for _, row in rows], schema=dict(SCORED_QA.columns))
        tables.write("scored_qa", frame, shard)

    def _questions(self, shard: str) -> Iterator[tuple[str, dict[str, Any]]]:
        paths = {ids.task_id(path): path for path in TYPES}
        rows = self.galaxy(cap=1).tables.read("raw_qa", shard).sort("image_id", "task_id")
        yield from ((paths[row["task_id"]], row) for row in rows.iter_rows(named=True))

    def skipped(self, shard: str) -> Counter[str]:
        paths = {ids.task_id(path): path for path in TYPES}
        rows = self.galaxy(cap=1).tables.read("qa_skipped", shard)
        assert set(rows["reason"]) <= {FULL}
        return Counter(paths[task] for task in rows["task_id"])

    def fingerprint(self, shard: str, cap: int, quota_aware: bool = True) -> str:
        return inputs_fingerprint(self.galaxy(cap, quota_aware), "raw_qa", shard, Inputs())


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    server = RunningServer(Behaviour())
    yield Asking(tmp_path, server)
    server.stop()


def types_in(bought: Asked) -> Counter[str]:
    return Counter(path for _, path in bought)


def test_nothing_is_bought_for_full_types_and_a_raised_cap_buys_exactly_the_rest(
    asking: Asking,
) -> None:
    first, second, _ = SHARDS
    assert types_in(asking.ask(first, cap=2)) == Counter(dict.fromkeys(TYPES, IMAGES))
    asking.score(first, {TYPES[0]: [2, 2, 1, 0], TYPES[1]: [2, 1, 0, 1], TYPES[2]: [2, 2, 2, 2]})

    bought = asking.ask(second, cap=2)  # the first and the third are full
    assert types_in(bought) == {TYPES[1]: IMAGES}
    assert asking.skipped(second) == {TYPES[0]: IMAGES, TYPES[2]: IMAGES}
    said = dropped_before(asking.galaxy(cap=2).tables, SHARDS)
    assert [(d.stage, d.count) for d in said if d.reason == FULL] == [("raw_qa", 2 * IMAGES)]

    rest = asking.ask(second, cap=3)  # the first has room again, the third is still full
    assert types_in(rest) == {TYPES[0]: IMAGES}
    assert max(rest.values()) == 1
    assert asking.skipped(second) == {TYPES[2]: IMAGES}
    assert types_in(asking.ask(second, cap=5)) == {TYPES[2]: IMAGES}
    assert not asking.skipped(second)
    assert not asking.ask(second, cap=5)  # the ledger has everything


def test_samples_of_all_earlier_shards_add_up_and_later_ones_do_not_count(asking: Asking) -> None:
    for shard in SHARDS:
        asking.ask(shard, cap=99)
        asking.score(shard, {TYPES[0]: [2, 0, 0, 0], TYPES[1]: [2, 2, 2, 2]})
    asking.ask(SHARDS[0], cap=2)
    assert not asking.skipped(SHARDS[0])  # its own samples and later ones fill nothing
    asking.ask(SHARDS[1], cap=2)
    assert asking.skipped(SHARDS[1]) == {TYPES[1]: IMAGES}
    asking.ask(SHARDS[2], cap=2)
    assert asking.skipped(SHARDS[2]) == {TYPES[0]: IMAGES, TYPES[1]: IMAGES}


def test_what_is_withdrawn_fills_nothing(asking: Asking) -> None:
    first, second, _ = SHARDS
    asking.ask(first, cap=2)
    asking.score(first, {TYPES[0]: [2, 2, 0, 0]})
    tables = asking.galaxy(cap=2).tables
    scored = tables.read("scored_qa", first).filter(pl.col("score") == 2)
    gone = scored.select(kind=pl.lit("image"), id="image_id", reason=pl.lit("owner")).head(1)
    tables.write("withdrawals", gone)
    assert types_in(asking.ask(second, cap=2))[TYPES[0]] == IMAGES


def test_a_shard_is_made_again_only_when_other_types_are_full(asking: Asking) -> None:
    first, second, _ = SHARDS
    before = asking.fingerprint(second, cap=2)
    plain = asking.fingerprint(second, cap=2, quota_aware=False)
    asking.ask(first, cap=2)
    asking.score(first, {TYPES[0]: [2, 1, 0, 0]})
    assert asking.fingerprint(second, cap=2) == before  # scored, and nothing full
    asking.score(first, {TYPES[0]: [2, 2, 0, 0]})
    full = asking.fingerprint(second, cap=2)
    assert full != before
    asking.score(first, {TYPES[0]: [2, 2, 2, 2]})
    assert asking.fingerprint(second, cap=2) == full
    assert asking.fingerprint(second, cap=9) == before
    assert asking.fingerprint(first, cap=2) == before
    assert asking.fingerprint(second, cap=2, quota_aware=False) == plain


def test_without_the_setting_everything_is_asked(asking: Asking) -> None:
    first, second, _ = SHARDS
    asking.ask(first, cap=1)
    asking.score(first, {path: [2, 2, 2, 2] for path in TYPES})
    bought = asking.ask(second, cap=1, quota_aware=False)
    assert types_in(bought) == Counter(dict.fromkeys(TYPES, IMAGES))
    assert not asking.skipped(second)


def test_a_pass_goes_shard_by_shard_so_that_it_skips_what_it_has_filled_itself(
    tmp_path: Path,
) -> None:
    file = tmp_path / "galaxy.yaml"
    raw: dict[str, Any] = {
        "name": "quota",
        "home": str(tmp_path / "home"),
        "sources": [{"kind": "rendered", "name": "drawn", "count": 6, "families": ["charts"]}],
        "shard_size": 3,
        "task_tree": {"seeds": "embedded", "model": "embedded"},
        "filter": "embedded", "ask": "embedded", "referees": {"ada": "embedded"},
        "dataset": {"min_score": 1, "max_per_type": 1, "quota_aware": True},
        "checks": {"min_referee_agreement": 0, "min_referee_accuracy": 0, "min_kept_pairs": 0},
    }  # fmt: skip
    file.write_text(yaml.safe_dump(raw))
    settings = load_settings(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        with open_instance(settings) as instance:
            report = walk(Galaxy(settings), instance)
    assert not report.failures
    tables = Galaxy(settings).tables
    earlier, later = tables.partitions("raw_qa")
    accepted = tables.read("scored_qa", earlier).filter(pl.col("score") >= 1)["task_id"]
    skipped = tables.read("qa_skipped", later)
    assert skipped.height
    assert set(skipped["task_id"]) <= set(accepted)
    assert set(tables.read("raw_qa", later)["task_id"]).isdisjoint(accepted)
