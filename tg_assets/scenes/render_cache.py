"""Pictures and videos on disk, by what they show: drawn once, whoever asks.

A folder per drawing, named by its key:

    ab/abcdef.../picture.png  mask.png
    12/123456.../frame-00.png ... mask-00.png ... film.mp4

A drawing is written beside the others under a name that nobody looks for and then moved into
place as a whole: processes that draw the same at the same time both succeed, and one that is
killed leaves nothing that another would read. All files are lossless except the film, so that a
drawing that is read is the drawing that was made.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tg_assets.scenes.picture import Clip, Picture

Drawing = Picture | Clip

PICTURE, FILM = "picture.png", "film.mp4"
_UNFINISHED, _GOING = "new-", "going-"
ABANDONED_S = 3600.0
"""Age at which an unfinished folder counts as left behind by a killed process."""
_PNG_LEVEL = 3  # a third of the default's time for a few per cent of size


@dataclass(frozen=True, slots=True)
class RenderCache:
    """Drawings under a folder.

    Attributes:
        folder: Made when first written to.
        most_bytes: What `trim` leaves; null keeps everything.
    """

    folder: Path
    most_bytes: int | None = None

    def drawn(self, key: str, draw: Callable[[], Drawing]) -> Path:
        """Return the folder of a drawing, drawing it where it is not there yet.

        Args:
            key: A digest of everything that decides the pixels.
            draw: Makes the drawing.
        """
        place = self._place(key)
        try:
            os.utime(place)  # the time of the last use: `trim` goes by it
        except FileNotFoundError:
            self._keep(place, draw())
        return place

    def read(self, key: str, draw: Callable[[], Drawing]) -> Drawing:
        """Return a drawing, from disk where it is there."""
        try:
            return read(self.drawn(key, draw))
        except FileNotFoundError:  # trimmed by another process in this very moment
            return draw()

    def forget(self, key: str) -> None:
        """Remove a drawing; that there is none is as good."""
        if self._place(key).exists():
            _remove(self._place(key))

    def trim(self) -> int:
        """Remove the drawings used longest ago until `most_bytes` are left.

        Returns:
            How many were removed.
        """
        self._sweep()
        if self.most_bytes is None:
            return 0
        entries = sorted((_used(place), _bytes(place), place) for place in self._entries())
        total = sum(size for _, size, _ in entries)
        removed = 0
        for _, size, place in entries:
            if total <= self.most_bytes:
                break
            _remove(place)
            total -= size
            removed += 1
        return removed

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def _entries(self) -> Iterator[Path]:
        return (place for place in self.folder.glob("??/*") if place.is_dir())

    def _keep(self, place: Path, drawing: Drawing) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))
        try:
            write(drawing, unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            # Another process drew the same in the meantime; its folder stays.
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for prefix in (_UNFINISHED, _GOING):
            for left in self.folder.glob(f"{prefix}*"):
                if time.time() - _used(left) > ABANDONED_S:
                    shutil.rmtree(left, ignore_errors=True)


def _used(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _bytes(place: Path) -> int:
    try:
        return sum(file.stat().st_size for file in place.iterdir())
    except FileNotFoundError:
        return 0


def _remove(place: Path) -> None:
    """Remove a drawing; nobody sees it half there."""
    going = place.parent.parent / f"{_GOING}{place.name}-{os.getpid()}"
    try:
        place.rename(going)
    except FileNotFoundError:
        return
    shutil.rmtree(going, ignore_errors=True)


def write(drawing: Drawing, folder: Path) -> None:
    """Write a drawing's files into a folder."""
    if isinstance(drawing, Picture):
        _write_picture(drawing, folder / PICTURE, folder / "mask.png")
        return
    from tg_assets.scenes.movies import film

    for number, frame in enumerate(drawing.frames):
        _write_picture(frame, *_frame(folder, number))
    (folder / FILM).write_bytes(film(drawing))


def read(folder: Path) -> Drawing:
    """Return the drawing whose files are in a folder.

    Raises:
        FileNotFoundError: There is none.
    """
    if (folder / PICTURE).exists():
        return _read_picture(folder / PICTURE, folder / "mask.png")
    count = len(list(folder.glob("frame-*.png")))
    if not count:
        raise FileNotFoundError(f"{folder} holds no drawing")
    return Clip(tuple(_read_picture(*_frame(folder, number)) for number in range(count)))


def _frame(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"frame-{number:02}.png", folder / f"mask-{number:02}.png"


def _write_picture(picture: Picture, image: Path, mask: Path) -> None:
    from PIL import Image

    picture.image.save(image, compress_level=_PNG_LEVEL)
    Image.fromarray(picture.mask).save(mask, compress_level=_PNG_LEVEL)


def _read_picture(image: Path, mask: Path) -> Picture:
    import numpy as np
    from PIL import Image

    with Image.open(image) as pixels, Image.open(mask) as owners:
        return Picture(pixels.convert("RGB"), np.asarray(owners, np.uint8))
