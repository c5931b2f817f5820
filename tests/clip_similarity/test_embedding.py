"""Rows of embeddings: half precision, one encoder, and a reason where there is no vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from registered_pictures import pool_of

from resources.clip import ClipEncoder
from resources.clip_settings import ClipSettings
from resources.device import CPU_ROWS, DeviceClock, rows_for
from resources.picture_decoders import PictureDecoders
from tg_assets.clip_similarity.cells import best_of_cell
from tg_assets.clip_similarity.checks import IMAGE_EMBEDDINGS as SUITE
from tg_assets.clip_similarity.embedding import (
    NOT_A_NUMBER,
    WITHOUT_LENGTH,
    embed_images,
    embed_labels,
)
from tg_assets.clip_similarity.one_encoder import ENCODER, EncodersDiffer, require_one_encoder
from tg_assets.tables import IMAGE_EMBEDDINGS, TASK_EMBEDDINGS
from tg_assets.tables_io import TableStore

SMALL = ClipSettings(device="cpu", batch_size=8)


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return ClipEncoder(SMALL)


@pytest.fixture
def decoders() -> Iterator[PictureDecoders]:
    decoders = PictureDecoders(workers=2)
    yield decoders
    decoders.close()


def tree(paths: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"task_id": [f"id of {path}" for path in paths], "path": list(paths)})


class Broken(ClipEncoder):
    """An encoder some of whose vectors cannot be used, as with weights that overflow."""

    def encode_fitted(self, pictures: Any, clock: Any = None) -> NDArray[np.float32]:
        return self._spoilt(super().encode_fitted(pictures, clock))

    def encode_texts(self, texts: Sequence[str], clock: Any = None) -> NDArray[np.float32]:
        return self._spoilt(super().encode_texts(texts, clock))

    def _spoilt(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors[1] = 0
        vectors[2, 3] = np.nan
        vectors[3] = np.inf
        return vectors


def test_embeddings_are_kept_in_half_precision_and_change_no_cosine_that_matters(
    tmp_path: Path, encoder: ClipEncoder, decoders: PictureDecoders
) -> None:
    pool = pool_of(tmp_path, 20)
    frame = IMAGE_EMBEDDINGS.enforce(embed_images(pool, encoder, decoders, "embed"))
    assert frame.schema["embedding"] == pl.List(pl.Float16)
    store = TableStore(str(tmp_path))
    store.write("image_embeddings", frame, "0")
    kept = store.read("image_embeddings", "0")
    assert kept.equals(frame)
    fitted = [encoder.fit.of_file(Path(uri).read_bytes()) for uri in pool["uri"]]
    vectors = encoder.encode_fitted(fitted)
    halves = np.stack(kept["embedding"].to_list()).astype(np.float32)
    assert kept["image_id"].to_list() == pool["image_id"].to_list()
    np.testing.assert_allclose((halves * vectors).sum(axis=1), 1, atol=5e-4)


def test_the_same_pictures_make_the_same_bytes_by_threads_and_by_processes(
    tmp_path: Path, encoder: ClipEncoder
) -> None:
    pool = pool_of(tmp_path, 20)
    made = []
    for decoders in (PictureDecoders(1), PictureDecoders(2, processes_from=0)):
        made.append(embed_images(pool, encoder, decoders, "embed"))
        decoders.close()
    store = TableStore(str(tmp_path))
    versions = [store.write("image_embeddings", frame, "0").version for frame in made]
    assert versions[0] == versions[1]


def test_vectors_that_cannot_be_used_are_rows_with_their_reason(
    tmp_path: Path, decoders: PictureDecoders
) -> None:
    broken = Broken(SMALL)
    pool = pool_of(tmp_path, 6)
    images = embed_images(pool, broken, decoders, "embed")
    tasks, _ = embed_labels(tree(["a", "b", "c", "d", "e"]), broken)
    for frame in (images, tasks):
        assert frame["reason"].to_list()[:5] == [
            None,
            WITHOUT_LENGTH,
            NOT_A_NUMBER,
            NOT_A_NUMBER,
            None,
        ]
        assert frame["embedding"].is_null().to_list() == frame["reason"].is_not_null().to_list()
    IMAGE_EMBEDDINGS.enforce(images)
    TASK_EMBEDDINGS.enforce(tasks)
    matched = best_of_cell(images, tasks, 10)
    assert matched["image_id"].n_unique() == 3
    assert set(matched["task_id"]) == {"id of a", "id of e"}
    assert np.isfinite(matched["score"].to_numpy()).all()


def test_images_that_are_gone_stand_beside_the_others_with_their_reason(
    tmp_path: Path, encoder: ClipEncoder, decoders: PictureDecoders
) -> None:
    pool = pool_of(tmp_path, 9)
    Path(pool["uri"][4]).unlink()
    frame = IMAGE_EMBEDDINGS.enforce(embed_images(pool, encoder, decoders, "embed"))
    assert frame.height == pool.height
    gone = frame.filter(pl.col("embedding").is_null())
    assert gone["image_id"].to_list() == [pool["image_id"][4]]
    assert "No such file" in gone["reason"][0]


def test_a_shard_none_of_whose_images_is_left_is_embedded_to_reasons_alone(
    tmp_path: Path, encoder: ClipEncoder, decoders: PictureDecoders
) -> None:
    pool = pool_of(tmp_path, 3)
    for uri in pool["uri"]:
        Path(uri).unlink()
    frame = IMAGE_EMBEDDINGS.enforce(embed_images(pool, encoder, decoders, "embed"))
    assert frame["reason"].null_count() == 0
    assert frame["embedding"].null_count() == 3


def test_an_empty_batch_of_task_types_is_embedded_to_no_rows(encoder: ClipEncoder) -> None:
    frame, shortened = embed_labels(
        pl.DataFrame(schema={"task_id": pl.String, "path": pl.String}), encoder
    )
    assert (TASK_EMBEDDINGS.enforce(frame).height, shortened) == (0, 0)


def test_the_clock_tells_which_share_of_the_time_the_device_computed(
    tmp_path: Path, encoder: ClipEncoder, decoders: PictureDecoders
) -> None:
    clock = DeviceClock()
    assert clock.busy_share() is None
    embed_images(pool_of(tmp_path, 20), encoder, decoders, "embed", clock)
    share = clock.busy_share()
    assert share is not None
    assert 0 < share <= 1
    assert clock.busy_s() > 0


def test_on_the_cpu_a_pass_has_the_rows_that_suit_it_unless_settings_say_otherwise() -> None:
    assert ClipEncoder(ClipSettings(device="cpu")).batch_size == rows_for("cpu") == CPU_ROWS
    assert ClipEncoder(ClipSettings(device="cpu", batch_size=5)).batch_size == 5


@pytest.mark.parametrize(
    ("gib", "rows"), [(2, 64), (8, 128), (16, 256), (23.6, 256), (40, 512), (79, 1024), (180, 1024)]
)
def test_on_a_gpu_a_pass_has_the_rows_that_its_memory_allows(
    gib: float, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Properties:
        total_memory = int(gib * 2**30)

    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: Properties)
    assert rows_for("cuda") == rows


def planted(store: TableStore, images: str | None, tasks: str | None) -> None:
    for table, encoder in (("image_embeddings", images), ("task_embeddings", tasks)):
        facts = {} if encoder is None else {ENCODER: encoder}
        empty = (IMAGE_EMBEDDINGS if table == "image_embeddings" else TASK_EMBEDDINGS).empty()
        store.write(table, empty, "0000", facts=facts)


def test_vectors_of_one_encoder_may_be_compared(tmp_path: Path) -> None:
    store = TableStore(str(tmp_path))
    planted(store, "one", "one")
    require_one_encoder(store, "0000", "0000")


@pytest.mark.parametrize(
    ("images", "tasks", "said"),
    [
        ("one", "two", "by encoder one and .* by encoder two"),
        ("one", None, "an encoder that the file does not name"),
        (None, None, "an encoder that the file does not name"),
    ],
)
def test_vectors_of_two_encoders_are_not_compared(
    tmp_path: Path, images: str | None, tasks: str | None, said: str
) -> None:
    store = TableStore(str(tmp_path))
    planted(store, images, tasks)
    with pytest.raises(EncodersDiffer, match=said) as caught:
        require_one_encoder(store, "0000", "0000")
    assert "image_embeddings[0000]" in str(caught.value)
    assert "materialize both again" in str(caught.value)


def test_encoders_of_other_weights_or_precision_have_other_fingerprints() -> None:
    bf16 = ClipEncoder(ClipSettings(device="cpu", precision="bf16"))
    assert bf16.fingerprint() != ClipEncoder(SMALL).fingerprint()


def test_a_norm_is_held_to_what_half_precision_can_do(
    tmp_path: Path, encoder: ClipEncoder, decoders: PictureDecoders
) -> None:
    from resources.galaxy import Galaxy
    from tg_assets.settings import load_settings
    from tg_assets.suites import Subject

    galaxy = Galaxy(load_settings().model_copy(update={"home": str(tmp_path)}))
    frame = embed_images(pool_of(tmp_path / "a", 20), encoder, decoders, "embed")
    _, norm = SUITE.measures(Subject(frame, galaxy, ("0",)))
    assert norm.value is not None
    assert norm.high is not None
    assert norm.value < norm.high / 2
