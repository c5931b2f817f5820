"""The settings of where images come from, and of which of them enter the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tg_assets.settings_parts import Name, Part

SceneFamily = Literal["charts", "documents", "models", "sprites"]
SCENE_FAMILIES: tuple[SceneFamily, ...] = ("charts", "documents", "models", "sprites")

Collection = Literal["allava", "visual_genome", "mathv360k", "sharegpt4v"]

STORAGES = ("file", "s3", "gs", "gcs", "az", "abfs", "hf")
"""The storages that images may be read from unless the settings say otherwise."""


class FolderSource(Part):
    """A folder (or bucket prefix) of image files, read recursively."""

    kind: Literal["folder"]
    name: Name
    path: str
    license: str


class FileListSource(Part):
    """A CSV, JSONL or Parquet file with a column ``uri`` and, optionally, ``license``."""

    kind: Literal["file_list"]
    name: Name
    path: str
    license: str
    root: str | None = None  # a folder that no uri of the list may lead out of


class ZipSource(Part):
    """A zip archive, or a folder of them, read recursively; never unpacked."""

    kind: Literal["zip"]
    name: Name
    path: str
    license: str


class WebDatasetSource(Part):
    """A tar archive, or a folder of them, such as WebDataset's; never unpacked."""

    kind: Literal["webdataset"]
    name: Name
    path: str
    license: str


class ParquetSource(Part):
    """A Parquet table with the bytes of images, or a folder of them, as Hugging Face has it."""

    kind: Literal["parquet"]
    name: Name
    path: str
    license: str
    column: str | None = None  # of the images; found where there is just one
    license_column: str | None = None


class CollectionSource(Part):
    """One of the paper's four collections, in its published layout or the paper's own."""

    kind: Literal["collection"]
    name: Name
    collection: Collection
    path: str
    annotations: tuple[str, ...] = ()  # only the images that these files name; else every image
    subsources: tuple[str, ...] = ()  # of the paper's table A-1; all of them when none are named
    licenses: dict[str, str] = Field(default_factory=dict)  # sub-source -> another licence

    @model_validator(mode="after")
    def _names_its_subsources(self) -> CollectionSource:
        from tg_assets.image_pool.paper_collections import SUBSOURCES

        known = [sub.name for sub in SUBSOURCES[self.collection]]
        for name in (*self.subsources, *self.licenses):
            if name not in known:
                raise ValueError(f"{self.collection} has no sub-source {name!r}; it has {known}")
        return self


class RenderedSource(Part):
    """Pictures the project draws itself, with their scene graphs."""

    kind: Literal["rendered"]
    name: Name
    count: int = Field(ge=1)
    seed: int = Field(default=0, ge=0)
    license: str = "CC0-1.0"
    families: tuple[SceneFamily, ...] = SCENE_FAMILIES


Source = Annotated[
    FolderSource
    | FileListSource
    | ZipSource
    | WebDatasetSource
    | ParquetSource
    | CollectionSource
    | RenderedSource,
    Field(discriminator="kind"),
]


def resolved_source(source: Source, at: Callable[[str, str | None], str | None]) -> Source:
    """Return a source with its paths made absolute.

    Args:
        source: As the file has it.
        at: Given a key and its path, returns the absolute path.
    """
    if isinstance(source, RenderedSource):
        return source
    place = f"sources.{source.name}"
    update: dict[str, object] = {"path": at(f"{place}.path", source.path)}
    if isinstance(source, FileListSource):
        update["root"] = at(f"{place}.root", source.root)
    if isinstance(source, CollectionSource):
        update["annotations"] = tuple(at(f"{place}.annotations", p) for p in source.annotations)
    return source.model_copy(update=update)


class S3(Part):
    """How ``s3://`` is reached; keys come from the environment or a profile, never from here."""

    endpoint_url: str | None = None  # of a server that is not Amazon's
    anonymous: bool = False  # a public bucket
    region: str | None = None


class NearDuplicates(Part):
    """Leaves out images that look like an earlier one."""

    max_distance: int = Field(default=4, ge=0, le=8)  # of 64 bits


class Excluded(Part):
    """Images that must not be in the training data, such as a benchmark's, and their likes."""

    path: str  # a folder, a file list, or a Parquet table with a column perceptual_hash
    max_distance: int = Field(default=4, ge=0, le=8)


class Images(Part):
    """Which images enter the pool; pictures that the project draws itself always do."""

    min_side: int | None = Field(default=None, ge=1)  # pixels of the shorter side
    max_aspect: float | None = Field(default=None, ge=1)  # longer side over shorter
    min_sharpness: float | None = Field(default=None, gt=0)
    near_duplicates: NearDuplicates | None = None
    excluded: Excluded | None = None
