"""The four collections of the TaskGalaxy paper, as they are published and as its authors lay them.

The sub-sources, and how many images the paper took of each, are those of its table A-1; the
licences are those its section A.5 states for the collections, but for what a publisher keeps to
research: Meta's SA-1B, and the web pictures of ShareGPT4V ("only for academic usage").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tg_assets.image_pool.folders import FolderError, walk
from tg_assets.image_pool.listed import Member, Problem, Refused, SourceFile
from tg_assets.image_pool.locations import climbs_out, is_utf8, printable
from tg_assets.image_pool.storages import StorageError, is_file, is_folder, opened

Find = Callable[[str], Iterator[Member | Problem]]
"""Given the path of a zip archive, yields its pictures."""

_APACHE, _BY, _BY_NC, _RESEARCH = "Apache-2.0", "CC-BY-4.0", "CC-BY-NC-4.0", "research-only"


@dataclass(frozen=True, slots=True)
class SubSource:
    """A sub-source of a collection.

    Attributes:
        name: As in the paper's table A-1.
        places: Where its images may lie below the collection's folder; a folder, or
            ``archive.zip!folder``. Every place that is there is read.
        paper_images: How many images the paper took.
        license: What its publisher states.
    """

    name: str
    places: tuple[str, ...]
    paper_images: int
    license: str

    def under(self, license: str | None) -> SubSource:
        """Return the sub-source under another licence; the same one where none is given."""
        return self if license is None else replace(self, license=license)


def _math(name: str, paper_images: int, folder: str | None = None) -> SubSource:
    there = folder or name
    places = (f"data_images/{there}", there, f"data_images.zip!data_images/{there}")
    return SubSource(name, places, paper_images, _APACHE)


SUBSOURCES: Mapping[str, tuple[SubSource, ...]] = MappingProxyType(
    {
        "allava": (
            SubSource(
                "allava_laion",
                (
                    "allava_laion/images",
                    *(f"allava_laion/image_chunks/images_{n}.zip!" for n in range(10)),
                ),
                145_359,
                _APACHE,
            ),
            SubSource(
                "allava_vflan",
                ("allava_vflan/images", "allava_vflan/images_vflan"),
                181_393,
                _APACHE,
            ),
        ),
        "visual_genome": (
            SubSource(
                "visual_genome",
                ("VG_100K", "VG_100K_2", "images.zip!VG_100K", "images2.zip!VG_100K_2"),
                108_249,
                _BY,
            ),
        ),
        "mathv360k": (
            _math("UniGeo", 1_507),
            _math("GeoQA+", 2_146),
            _math("GEOS", 64),
            _math("VizWiz", 749),
            _math("CLEVR-Math", 590),
            _math("PlotQA", 612),
            _math("VQA2.0", 2_327),
            _math("TQA", 1_137),
            _math("DocVQA", 2_672),
            _math("FigureQA", 1_970),
            _math("Geometry3K", 1_182),
            _math("MapQA", 590),
            _math("VQA-AS", 658),
            _math("A-OKVQA", 3_391),
            _math("VQA-RAD", 242),
            _math("PMC-VQA", 4_208),
            _math("TabMWP", 2_538),
            _math("Super-CLEVR", 971),
            _math("IconQA", 2_560),
            _math("DVQA", 1_660),
        ),
        "sharegpt4v": (
            SubSource("coco_train2017", ("coco/train2017", "coco_train2017"), 118_326, _BY_NC),
            SubSource("sam_images", ("sam/images", "sam_images"), 223_720, _RESEARCH),
            SubSource("ocr_vqa_images", ("ocr_vqa/images", "ocr_vqa_images"), 12_614, _BY_NC),
            SubSource(
                "text_vqa_train_images",
                ("textvqa/train_images", "text_vqa_train_images"),
                3_485,
                _BY_NC,
            ),
            SubSource(
                "share_textvqa_images", ("share_textvqa/images", "share_textvqa_images"), 55, _BY_NC
            ),
            SubSource(
                "web-celebrity_images",
                ("web-celebrity/images", "web-celebrity_images", "web-celeberity_images"),
                67,
                _RESEARCH,
            ),
            SubSource(
                "web-landmark_images", ("web-landmark/images", "web-landmark_images"), 57, _RESEARCH
            ),
            SubSource("wikiart_images", ("wikiart/images", "wikiart_images"), 62, _RESEARCH),
        ),
    }
)
"""The sub-sources of each collection, in the order they are listed."""

_ROOTS: Mapping[str, str] = MappingProxyType({"mathv360k": "data_images/"})
"""What the annotations leave out of a path: MathV360K's begin below ``data_images``."""


def subsource_name(source: str, sub: str) -> str:
    """Return the name under which the images of a sub-source stand in the pool."""
    return f"{source}/{sub}"


def list_places(
    root: str, source: str, subs: Sequence[SubSource], find: Find
) -> Iterator[SourceFile | Refused]:
    """List every image of the sub-sources, in their order.

    A sub-source that lies nowhere is refused as ``missing``, and stops no other.

    Raises:
        FolderError: None of them is there.
        StorageError: The storage of a URL cannot be used.
    """
    there = {sub.name: list(_places(root, sub)) for sub in subs}
    if not any(there.values()):
        looked = ", ".join(place for sub in subs for place in sub.places[:1])
        raise FolderError(f"{root}: holds none of {looked}; docs/sources.md shows the layouts")
    for sub in subs:
        name, found = subsource_name(source, sub.name), 0
        for place in there[sub.name]:
            for entry in _in_place(place, name, sub.license, find):
                found += 1
                yield entry
        if not found:
            yield Refused(
                f"{root.rstrip('/')}/{sub.places[0]}",
                name,
                "missing",
                f"{sub.name} has no images in any of {', '.join(sub.places)}; fetch it, or name "
                "the source's `subsources` without it",
            )


def list_annotated(
    root: str, source: str, collection: str, subs: Sequence[SubSource], annotations: Sequence[str]
) -> Iterator[SourceFile | Refused]:
    """List the images that annotation files name, as a stream, in the files' order.

    Images of sub-sources that are not asked for are passed over; whether a file is there is seen
    when it is read.

    Raises:
        ListError: A file cannot be read; it names the file.
        StorageError: The storage of a URL cannot be used.
    """
    prefixes = [
        (place.rstrip("/") + "/", sub)
        for sub in subs
        for place in sub.places
        if ".zip!" not in place
    ]
    for path in annotations:
        for image in _images_named_in(path):
            entry = _annotated(root, source, collection, image, prefixes)
            if entry is not None:
                yield entry


def _annotated(
    root: str, source: str, collection: str, image: str, prefixes: list[tuple[str, SubSource]]
) -> SourceFile | Refused | None:
    if climbs_out(image) or not is_utf8(image):
        detail = "the annotation's path leads out of the collection; mend or delete its entry"
        return Refused(printable(image), source, "climbs_out", detail)
    start = _ROOTS.get(collection, "")
    place = image if image.startswith(start) else start + image
    for prefix, sub in prefixes:
        if place.startswith(prefix):
            uri = f"{root.rstrip('/')}/{place}"
            return SourceFile(uri, subsource_name(source, sub.name), sub.license)
    return None


def _images_named_in(path: str) -> Iterator[str]:
    """Yield the images that a JSON list of objects names: by ``image``, or Visual Genome's url."""
    import ijson

    from tg_assets.image_pool.file_lists import ListError

    number = 0
    try:
        with opened(path) as file:
            for entry in ijson.items(file, "item"):
                number += 1
                name = _image_of(entry)
                if name:
                    yield name
    except StorageError:
        raise
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise ListError(f"{path}: damaged after entry {number}: {error}; fetch it again") from error
    except OSError as error:
        raise ListError(f"{path}: the annotations cannot be read: {error}") from error


def _image_of(entry: Any) -> str | None:
    """Return the image of an entry; null for one of text alone."""
    if not isinstance(entry, dict):
        return None
    image, url = entry.get("image"), entry.get("url")
    if isinstance(image, str):
        return image
    if isinstance(url, str):  # .../rak248/VG_100K/2370463.jpg
        found = re.search(r"(VG_100K(?:_2)?/[^/]+)$", url)
        return found.group(1) if found else None
    return None


def _places(root: str, sub: SubSource) -> Iterator[str]:
    for place in sub.places:
        file, inside, _ = place.partition("!")
        where = f"{root.rstrip('/')}/{file}"
        if inside:
            if is_file(where):
                yield f"{root.rstrip('/')}/{place}"
        elif is_folder(where):
            yield where


def _in_place(place: str, source: str, license: str, find: Find) -> Iterator[SourceFile | Refused]:
    if "!" not in place:
        yield from walk(place, source, license)
        return
    archive, _, folder = place.rpartition("!")
    for entry in find(archive):
        if isinstance(entry, Problem):
            yield Refused(entry.uri, source, entry.reason, entry.detail)
        elif not folder or f"!{folder}/" in entry.uri:
            yield SourceFile(entry.uri, source, license)
