from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image
from small_galaxy import Galaxy, decode, facts, galaxy

from tg_assets.balanced_dataset.export_huggingface import export_huggingface
from tg_assets.balanced_dataset.subsets import Subset, SubsetError, select

SUBSETS = (
    Subset("types-2", n_task_types=2),
    Subset("types-4", n_task_types=4),
    Subset("cap-3", max_per_type=3),
)


@pytest.fixture(scope="module")
def made() -> Galaxy:
    return galaxy(images=20, task_types=5)


@pytest.fixture(scope="module")
def folder(made: Galaxy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    exported = export_huggingface(
        made.samples, out, made.read, decode, facts(), subsets=SUBSETS, shard_bytes=800
    )
    assert exported.rows == made.samples.height
    return exported.path


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``datasets.load_dataset`` without a network and with a cache of its own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()

    def load_dataset(*args: str) -> Any:
        return datasets.load_dataset(*args, cache_dir=str(tmp_path / "cache"))["train"]

    return load_dataset


def test_datasets_loads_every_sample_and_decodes_the_images(
    folder: Path, made: Galaxy, load: Any
) -> None:
    loaded = load(str(folder))
    assert set(loaded["sample_id"]) == set(made.samples["sample_id"])
    expected = {row["sample_id"]: row for row in made.samples.iter_rows(named=True)}
    for row in loaded:
        sample = expected[row["sample_id"]]
        content = made.images[sample["uri"]]
        with Image.open(io.BytesIO(content)) as image:
            assert row["image"].tobytes() == image.convert("RGB").tobytes()
        assert row["question"] == sample["question"]
        assert row["conversations"][0]["value"].count("<image>") == 1
        assert row["task_levels"] == sample["path"].split("~")
        assert row["votes"] == sample["votes"]


@pytest.mark.parametrize("subset", SUBSETS, ids=lambda subset: subset.name)
def test_datasets_loads_a_subset_by_its_name(
    folder: Path, made: Galaxy, load: Any, subset: Subset
) -> None:
    loaded = load(str(folder), subset.name)
    assert set(loaded["sample_id"]) == set(select(made.samples, subset).samples["sample_id"])


def test_no_sample_is_stored_twice_for_the_sake_of_a_subset(folder: Path, made: Galaxy) -> None:
    stored = pl.concat(
        pl.read_parquet(path, columns=["sample_id"]) for path in folder.glob("data/*.parquet")
    )
    assert sorted(stored["sample_id"]) == sorted(made.samples["sample_id"])


def test_shards_are_numbered_of_their_total(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "data").iterdir())
    total = len(names)
    assert total > len(SUBSETS)
    assert names == [f"train-{n:05d}-of-{total:05d}.parquet" for n in range(total)]


def test_an_image_with_several_questions_is_stored_once_a_file(tmp_path: Path) -> None:
    made = galaxy(images=1)
    big = Image.effect_noise((300, 300), 90)
    out = io.BytesIO()
    big.save(out, "PNG")
    from tg_assets import ids

    samples = pl.concat([made.samples] * 20).with_columns(
        sample_id=pl.int_range(pl.len()).cast(pl.String),
        image_id=pl.lit(ids.image_id(out.getvalue())),
    )
    exported = export_huggingface(
        samples, tmp_path, lambda uri, image_id: out.getvalue(), decode, facts()
    )
    (path,) = (exported.path / "data").iterdir()
    assert exported.rows == 40
    assert path.stat().st_size < 1.5 * len(out.getvalue())


def test_row_groups_are_small_and_the_image_feature_is_declared(tmp_path: Path) -> None:
    made = galaxy(images=120)
    exported = export_huggingface(made.samples, tmp_path, made.read, decode, facts())
    (path,) = (exported.path / "data").iterdir()
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)]
    assert groups == [100, 100, 40]
    assert b'"image": {"_type": "Image"}' in file.schema_arrow.metadata[b"huggingface"]


def test_what_is_left_out_is_in_the_card_and_not_in_the_subsets(tmp_path: Path, load: Any) -> None:
    made = galaxy(images=6)
    images = {uri: content for uri, content in made.images.items() if uri != "/images/000"}
    read = Galaxy(made.samples, images).read
    exported = export_huggingface(
        made.samples, tmp_path, read, decode, facts(), subsets=[Subset("all-types", 6)]
    )
    card = (exported.path / "README.md").read_text()
    assert exported.left_out["reason"].to_list() == ["gone"]
    assert "| export_huggingface | image gone | 2 |" in card
    assert load(str(exported.path), "all-types").num_rows == 10


def test_a_subset_that_lost_all_its_images_has_no_configuration(tmp_path: Path, load: Any) -> None:
    made = galaxy(images=4, task_types=4)
    subset = Subset("one", n_images=1)
    uri = select(made.samples, subset).samples["uri"][0]
    images = {key: content for key, content in made.images.items() if key != uri}
    read = Galaxy(made.samples, images).read
    exported = export_huggingface(made.samples, tmp_path, read, decode, facts(), subsets=[subset])
    assert load(str(exported.path)).num_rows == 6
    assert "config_name: one" not in (exported.path / "README.md").read_text()


def test_an_empty_dataset_still_has_its_columns(tmp_path: Path) -> None:
    made = galaxy()
    exported = export_huggingface(
        made.samples.clear(), tmp_path, made.read, decode, facts(), subsets=SUBSETS
    )
    (path,) = (exported.path / "data").iterdir()
    assert "image" in pq.read_schema(path).names


def test_two_subsets_of_one_name_are_refused(tmp_path: Path) -> None:
    made = galaxy()
    with pytest.raises(SubsetError, match="'a'"):
        export_huggingface(
            made.samples, tmp_path, made.read, decode, facts(), subsets=[Subset("a"), Subset("a")]
        )
