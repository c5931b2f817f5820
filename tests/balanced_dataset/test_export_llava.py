from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from small_galaxy import Galaxy, decode, galaxy, picture

from tg_assets import ids
from tg_assets.balanced_dataset.conversations import conversation
from tg_assets.balanced_dataset.export_llava import export_llava
from tg_assets.balanced_dataset.image_files import ExportError, readable_by_trainers
from tg_assets.image_pool.reading import ImageUnreadable


def with_image(galaxy_: Galaxy, content: bytes) -> Galaxy:
    """Return a galaxy of one sample about these bytes."""
    row = galaxy_.samples.head(1).with_columns(
        image_id=pl.lit(ids.image_id(content)), uri=pl.lit("/one")
    )
    return Galaxy(row, {"/one": content})


def test_llava_s_loader_reads_it_back(tmp_path: Path) -> None:
    made = galaxy()
    exported = export_llava(made.samples, tmp_path, made.read, decode)
    rows = json.loads((exported.path / "dataset.json").read_text(encoding="utf-8"))
    assert exported.path == tmp_path / "llava"
    assert len(rows) == exported.rows == made.samples.height
    assert {row["id"] for row in rows} == set(made.samples["sample_id"])
    for row in rows:
        human, gpt = row["conversations"]
        assert (human["from"], gpt["from"]) == ("human", "gpt")
        assert human["value"].startswith("<image>\n")
        assert (human["value"] + gpt["value"]).count("<image>") == 1
        with Image.open(exported.path / row["image"]) as image:
            image.convert("RGB")
        assert {"task_type", "source", "license"} <= row.keys()
    assert exported.left_out.is_empty()


def test_images_keep_their_bytes(tmp_path: Path) -> None:
    made = galaxy(images=3)
    exported = export_llava(made.samples, tmp_path, made.read, decode)
    written = {path.name: path.read_bytes() for path in (exported.path / "images").iterdir()}
    assert written == {f"{ids.image_id(c)}.png": c for c in made.images.values()}


@pytest.mark.parametrize(
    ("kind", "extension"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")]
)
def test_formats_that_trainers_read_are_copied(kind: str, extension: str) -> None:
    content = picture(5, kind)
    assert readable_by_trainers(content, decode) == (content, extension)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_become_png(kind: str, tmp_path: Path) -> None:
    made = with_image(galaxy(), picture(5, kind))
    exported = export_llava(made.samples, tmp_path, made.read, decode)
    (path,) = (exported.path / "images").iterdir()
    assert path.suffix == ".png"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_exif_turns_is_written_as_displayed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture(5, "JPEG", exif)
    content, extension = readable_by_trainers(
        turned, lambda data: decode(data).rotate(270, expand=True)
    )
    with Image.open(io.BytesIO(content)) as written:
        assert written.size == (30, 45)
        assert written.getexif().get(0x0112, 1) == 1
    assert extension == ".jpg"


def test_images_that_are_gone_changed_or_unreadable_are_left_out_with_the_reason(
    tmp_path: Path,
) -> None:
    made = galaxy(images=5)
    images = dict(made.images)
    del images["/images/000"]
    images["/images/001"] = picture(99)

    def read(uri: str, image_id: str) -> bytes:
        if uri == "/images/002":
            raise ImageUnreadable(uri, "too_large", "it has 9 GB")
        return Galaxy(made.samples, images).read(uri, image_id)

    exported = export_llava(made.samples, tmp_path, read, decode)
    assert exported.rows == 4
    assert sorted(exported.left_out.select("uri", "reason", "samples").rows()) == [
        ("/images/000", "gone", 2),
        ("/images/001", "changed", 2),
        ("/images/002", "too_large", 2),
    ]
    rows = json.loads((exported.path / "dataset.json").read_text())
    assert all((exported.path / row["image"]).exists() for row in rows)


def test_a_storage_that_fails_fails_the_export_and_keeps_the_old_one(tmp_path: Path) -> None:
    made = galaxy(images=3)
    export_llava(made.samples, tmp_path, made.read, decode)
    before = (tmp_path / "llava/dataset.json").read_bytes()

    def broken(uri: str, image_id: str) -> bytes:
        raise ConnectionError("the storage does not answer")

    with pytest.raises(ConnectionError):
        export_llava(made.samples, tmp_path, broken, decode)
    assert (tmp_path / "llava/dataset.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["llava"]


def test_an_export_without_a_single_image_is_refused_and_keeps_the_old_one(tmp_path: Path) -> None:
    made = galaxy(images=3)
    export_llava(made.samples, tmp_path, made.read, decode)
    with pytest.raises(ExportError, match="none of the 3 images can be read"):
        export_llava(made.samples, tmp_path, Galaxy(made.samples, {}).read, decode)
    assert len(list((tmp_path / "llava/images").iterdir())) == 3


def test_a_second_export_replaces_the_first_altogether(tmp_path: Path) -> None:
    large, small = galaxy(images=6), galaxy(images=2)
    export_llava(large.samples, tmp_path, large.read, decode)
    exported = export_llava(small.samples, tmp_path, small.read, decode)
    assert len(list((exported.path / "images").iterdir())) == 2


def test_an_empty_dataset_is_an_empty_array(tmp_path: Path) -> None:
    made = galaxy()
    exported = export_llava(made.samples.clear(), tmp_path, made.read, decode)
    assert json.loads((exported.path / "dataset.json").read_text()) == []


def test_an_image_token_in_the_text_is_written_out() -> None:
    human, gpt = conversation("Is <image> a tag?", "<image>, yes")
    assert human["value"] == "<image>\nIs [image] a tag?"
    assert gpt["value"] == "[image], yes"


def test_progress_counts_every_image(tmp_path: Path) -> None:
    made = galaxy(images=4)
    seen: list[tuple[int, int]] = []
    export_llava(
        made.samples, tmp_path, made.read, decode, lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
