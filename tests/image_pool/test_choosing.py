"""Which images enter the pool: what the settings leave out, in one shard and over many."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image, ImageFilter
from pool_pictures import corners, encoded, photo

from resources.galaxy import Galaxy
from tg_assets import gates, ids
from tg_assets.artifact import Work, inputs_fingerprint, is_current
from tg_assets.image_pool import assets
from tg_assets.image_pool.assets import image_pool
from tg_assets.image_pool.excluded import ExcludedError
from tg_assets.partitions import Registered
from tg_assets.registration import list_shards
from tg_assets.settings import FolderSource, load_settings
from tg_assets.settings_sources import Excluded, Images, NearDuplicates
from tg_assets.tables import SCENES

LIKE = Images(near_duplicates=NearDuplicates(max_distance=4))


class Pool:
    """A galaxy whose pool is made shard by shard, without the rest of the graph."""

    def __init__(self, folder: Path, images: Images, shard_size: int = 2) -> None:
        self.photos = folder / "photos"
        self.photos.mkdir(exist_ok=True)
        source = FolderSource(kind="folder", name="photos", path=str(self.photos), license="MIT")
        update = {
            "home": str(folder / "home"),
            "sources": (source,),
            "shard_size": shard_size,
            "images": images,
        }
        self.galaxy = Galaxy(load_settings().model_copy(update=update))

    def add(self, name: str, image: Image.Image, kind: str = "PNG", **options: object) -> None:
        (self.photos / name).write_bytes(encoded(image, kind, **options))

    def run(self, leave_out: Sequence[str] = ()) -> list[str]:
        """Make what is not current, in order; return the shards that were made."""
        list_shards(self.galaxy.settings, self.galaxy.tables, [])
        return [key for key in self.shards if key not in leave_out and self._make(key)]

    @property
    def shards(self) -> list[str]:
        return self.galaxy.tables.partitions("shard_files")

    def _make(self, key: str) -> bool:
        tables = self.galaxy.tables
        tables.write("scenes", SCENES.empty(), key)
        inputs = gates.Inputs(open={"scenes": [key]})
        wanted = inputs_fingerprint(self.galaxy, "image_pool", key, inputs)
        stamp = tables.stamp("image_pool", key)
        if stamp is not None and is_current(stamp, wanted):
            return False
        registered = Registered(self.shards, [], [])
        context: Any = None  # it is for the log
        work = Work(context, self.galaxy, "image_pool", key, inputs, registered)
        made = image_pool.make(work)
        for name, frame in made.beside.items():
            tables.write(name, frame, key, inputs=wanted)
        tables.write("image_pool", made.frame, key, inputs=wanted, facts=made.facts)
        return True

    def kept(self) -> dict[str, list[str]]:
        return {
            key: sorted(Path(uri).name for uri in self.galaxy.tables.read("image_pool", key)["uri"])
            for key in self.shards
        }

    def rejected(self) -> dict[str, tuple[str, str, str | None]]:
        rows = pl.concat(self.galaxy.tables.read("rejected_images", key) for key in self.shards)
        columns = rows.select("uri", "reason", "detail", "twin_image_id").iter_rows()
        return {Path(uri).name: (reason, detail, twin) for uri, reason, detail, twin in columns}


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    """A pool of two shards: two photographs, then a copy of the second and another."""
    made = Pool(tmp_path, LIKE)
    made.add("a.png", photo(1))
    made.add("b.png", photo(2))
    made.add("c.jpg", photo(2).resize((200, 150)), "JPEG", quality=60)
    made.add("d.png", photo(3))
    return made


def test_the_earliest_is_kept_and_the_others_name_it(pool: Pool) -> None:
    pool.run()
    assert list(pool.kept().values()) == [["a.png", "b.png"], ["d.png"]]
    reason, detail, twin = pool.rejected()["c.jpg"]
    assert reason == "near_duplicate"
    assert twin == ids.image_id((pool.photos / "b.png").read_bytes())
    assert str(pool.photos / "b.png") in detail
    assert "in shard 00000-photos" in detail
    assert "of 64 bits" in detail


def test_within_a_shard_it_is_the_order_of_arrival_that_counts(tmp_path: Path) -> None:
    pool = Pool(tmp_path, LIKE, shard_size=10)
    for n, size in enumerate([(100, 75), (320, 240), (200, 150)]):
        pool.add(f"{n}.png", photo(4).resize(size))
    pool.add("exact.png", photo(4).resize((100, 75)))
    pool.run()
    assert list(pool.kept().values()) == [["0.png"]]
    assert {reason for reason, _, _ in pool.rejected().values()} == {"near_duplicate", "duplicate"}
    first = ids.image_id((pool.photos / "0.png").read_bytes())
    assert {twin for _, _, twin in pool.rejected().values()} == {first}


def test_without_the_setting_nothing_is_left_out(pool: Pool) -> None:
    plain = Pool(pool.photos.parent, Images())
    plain.run()
    assert sum(map(len, plain.kept().values())) == 4
    assert plain.galaxy.tables.partitions("decoded_images") == []


def test_later_shards_make_no_earlier_one_stale(pool: Pool) -> None:
    assert len(pool.run()) == 2
    assert pool.run() == []
    pool.add("e.png", photo(1).resize((150, 110)))
    pool.add("f.png", photo(9))
    assert pool.run() == ["00002-photos"]
    assert pool.kept()["00002-photos"] == ["f.png"]
    assert pool.run() == []


def test_an_earlier_shard_that_comes_late_is_looked_at_again_without_decoding(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool.run(leave_out=["00000-photos"]) == ["00001-photos"]
    assert pool.galaxy.tables.read("image_pool", "00001-photos").height == 2
    decoded: list[int] = []
    register = assets.register

    def counted(files: pl.DataFrame, **more: Any) -> Any:
        decoded.append(files.height)
        return register(files, **more)

    monkeypatch.setattr(assets, "register", counted)
    assert pool.run() == ["00000-photos", "00001-photos"]
    assert list(pool.kept().values()) == [["a.png", "b.png"], ["d.png"]]
    assert decoded == [2]
    assert pool.run() == []


def test_another_distance_looks_again_and_decodes_nothing(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.run()
    monkeypatch.setattr(assets, "register", None)
    strict = Pool(pool.photos.parent, Images(near_duplicates=NearDuplicates(max_distance=0)))
    assert len(strict.run()) == 2
    off = Pool(pool.photos.parent, LIKE)
    off.run()
    assert list(off.kept().values()) == [["a.png", "b.png"], ["d.png"]]


def test_the_result_does_not_depend_on_when_shards_were_made(pool: Pool, tmp_path: Path) -> None:
    pool.run(leave_out=["00000-photos"])
    pool.run()
    again = Pool(tmp_path, LIKE)
    again.galaxy = Galaxy(again.galaxy.settings.model_copy(update={"home": str(tmp_path / "two")}))
    again.run()
    for key in pool.shards:
        for table in ("image_pool", "rejected_images"):
            one, other = pool.galaxy.tables.stamp(table, key), again.galaxy.tables.stamp(table, key)
            assert one is not None
            assert other is not None
            assert one.version == other.version


# filters


def test_small_long_and_blurred_pictures_are_left_out(tmp_path: Path) -> None:
    pool = Pool(tmp_path, Images(min_side=60, max_aspect=3, min_sharpness=20), shard_size=9)
    sharp = photo(5).convert("L").point(lambda v: 255 * (v > 128))
    pool.add("good.png", sharp)
    pool.add("small.png", sharp.resize((80, 59)))
    pool.add("long.png", sharp.resize((301, 100)))
    pool.add("blurred.png", sharp.filter(ImageFilter.GaussianBlur(6)))
    (pool.photos / "bad.jpg").write_bytes(b"no picture")
    pool.run()
    assert pool.kept() == {"00000-photos": ["good.png"]}
    reasons = {name: reason for name, (reason, _, _) in pool.rejected().items()}
    assert reasons == {
        "small.png": "too_small",
        "long.png": "too_long",
        "blurred.png": "blurred",
        "bad.jpg": "not_an_image",
    }
    assert "images.min_side is 60" in pool.rejected()["small.png"][1]


# images that must not be trained on


@pytest.fixture
def benchmark_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmark"
    folder.mkdir()
    (folder / "q1.jpg").write_bytes(encoded(photo(2).resize((400, 300)), "JPEG", quality=80))
    (folder / "q2.png").write_bytes(encoded(Image.new("RGB", (50, 50), "white"), "PNG"))
    return folder


def excluding(path: Path) -> Images:
    return Images(excluded=Excluded(path=str(path)))


def test_a_benchmarks_images_and_their_copies_stay_out(
    tmp_path: Path, benchmark_folder: Path, pool: Pool
) -> None:
    pool.add("plain copy.png", Image.new("RGB", (50, 50), "white"))  # known by its bytes alone
    pool.add("plain.png", Image.new("RGB", (60, 60), "white"))
    clean = Pool(tmp_path, excluding(benchmark_folder))
    assert len(clean.run()) == 3
    assert [name for names in clean.kept().values() for name in names] == [
        "a.png",
        "d.png",
        "plain.png",
    ]
    reason, detail, twin = clean.rejected()["b.png"]
    assert (reason, twin) == ("excluded", None)
    assert str(benchmark_folder / "q1.jpg") in detail
    assert clean.rejected()["plain copy.png"][0] == "excluded"
    assert clean.run() == []
    (benchmark_folder / "q3.png").write_bytes(encoded(photo(3), "PNG"))
    assert len(clean.run()) == 3
    assert clean.rejected()["d.png"][0] == "excluded"


def test_a_set_may_be_a_list_or_a_table_of_hashes(
    tmp_path: Path, benchmark_folder: Path, pool: Pool
) -> None:
    pl.DataFrame({"uri": ["benchmark/q1.jpg"]}).write_csv(tmp_path / "set.csv")
    other = Pool(tmp_path / "benchmark", Images())  # another galaxy, with its table
    shutil.copy(benchmark_folder / "q1.jpg", other.photos)
    other.run()
    table = Path(str(other.galaxy.tables.path("image_pool", other.shards[0])))
    for there in (tmp_path / "set.csv", table):
        clean = Pool(tmp_path, excluding(there))
        clean.run()
        assert [name for names in clean.kept().values() for name in names] == ["a.png", "d.png"]


def test_a_set_that_cannot_be_looked_at_stops_the_pass(
    tmp_path: Path, benchmark_folder: Path, pool: Pool
) -> None:
    (benchmark_folder / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(ExcludedError, match=r"bad\.jpg.*cannot be kept out"):
        Pool(tmp_path, excluding(benchmark_folder)).run()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExcludedError, match="excludes none"):
        Pool(tmp_path, excluding(tmp_path / "empty")).run()
    pl.DataFrame({"perceptual_hash": ["ff"]}).write_parquet(tmp_path / "text.parquet")
    with pytest.raises(ExcludedError, match="64-bit"):
        Pool(tmp_path, excluding(tmp_path / "text.parquet")).run()


def test_plain_pictures_are_kept_side_by_side(tmp_path: Path) -> None:
    pool = Pool(tmp_path, LIKE, shard_size=9)
    for n, colour in enumerate(("white", "red", "navy")):
        pool.add(f"{n}.png", Image.new("RGB", (64, 64), colour))
    pool.add("corners.png", corners())
    pool.run()
    assert len(pool.kept()["00000-photos"]) == 4
