"""CLIP: turns pictures and texts into vectors that can be compared.

Importing this module loads neither torch nor open_clip; the first vector does.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tg_assets import ids

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

SMALL = "small"
"""The model that this repository ships: trained on its own rendered scenes, no download."""

SMALL_CHECKPOINT = (
    Path(__file__).parents[1] / "tg_assets" / "clip_similarity" / "checkpoints" / SMALL
)
DEFAULT_LABEL_TEMPLATE = "{label}"
"""What the shipped model was trained with."""

CONFIG_NAME = "open_clip_config.json"
WEIGHTS_NAME = "open_clip_model.safetensors"

_WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_PICTURE_VERSION = "1"  # raise when `_as_rgb` gives other pixels: it is part of the fingerprint

Vectors = NDArray[np.float32]
T = TypeVar("T")


class ClipError(ValueError):
    """CLIP cannot be used as it was set up; the message says what to change."""


@dataclass(frozen=True)
class ClipSettings:
    """Which CLIP, on what, and how task types are worded for it.

    Attributes:
        model: An open_clip model name, ``hf-hub:owner/name``, or ``small`` for the shipped one.
            Only a label where `checkpoint` is a folder, which brings its own configuration.
        pretrained: The tag of open_clip's published weights for `model`.
        checkpoint: Local weights for `model` (``.safetensors``, or ``.pt`` holding tensors only),
            or a folder with ``open_clip_config.json`` and weights.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:<n>``.
        precision: ``auto`` is fp32 on the CPU and bf16 on a GPU.
        batch_size: Pictures or texts per forward pass; always exactly so many.
        label_template: How a task type becomes text; see `label_text`.
    """

    model: str = SMALL
    pretrained: str | None = None
    checkpoint: str | None = None
    device: str = "auto"
    precision: str = "auto"
    batch_size: int = 32
    label_template: str = DEFAULT_LABEL_TEMPLATE

    def __post_init__(self) -> None:
        if not _DEVICE.fullmatch(self.device):
            raise ClipError(f"clip device {self.device!r}: use auto, cpu, cuda or cuda:<number>")
        if self.precision not in _PRECISIONS:
            raise ClipError(f"clip precision {self.precision!r}: use one of {_PRECISIONS}")
        if self.precision == "fp16" and self.device == "cpu":
            raise ClipError("clip precision fp16 on the cpu is too slow to use: use fp32 or bf16")
        if self.batch_size < 1:
            raise ClipError(f"clip batch_size {self.batch_size}: must be at least 1")
        if self.checkpoint and self.pretrained:
            raise ClipError(
                f"clip has both checkpoint {self.checkpoint!r} and pretrained "
                f"{self.pretrained!r}: weights come from one of them, remove the other"
            )

    @property
    def path(self) -> Path | None:
        """Where local weights are: a file or a folder; none for published weights."""
        if self.checkpoint:
            return Path(self.checkpoint)
        return SMALL_CHECKPOINT if self.model == SMALL and not self.pretrained else None


class ClipEncoder:
    """Pictures and texts to vectors of length 1, float32, whatever the precision inside.

    An image's vector depends on the model, device, libraries and thread count alone. Every
    forward pass has exactly `batch_size` rows, the last one padded with its own first row: with
    passes of other sizes the libraries choose other kernels, and vectors then differ in their
    last bits. With equal sizes, company and place in the batch changed no bit on the CPU in fp32
    (tests/clip_similarity/test_encoder.py). One picture therefore costs a whole batch: hand over
    many at once.
    """

    def __init__(self, settings: ClipSettings) -> None:
        self.settings = settings

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self._text_vectors([""]).shape[1])

    def encode_images(self, images: Iterable[Image.Image]) -> Vectors:
        """Return one vector per picture, in order; pictures are taken a batch at a time."""
        return self._encode(images, self._image_vectors)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text, in order; what is beyond the context is cut off."""
        return self._encode(texts, self._text_vectors)

    def fits(self, text: str) -> bool:
        """Whether the text tower sees all of the text."""
        context = self._model.context_length
        # Longer rows show what would be cut off; an empty text shows what padding looks like.
        rows = self._tokenizer([text, ""], context_length=context + 8)
        return bool((rows[0, context:] == rows[1, -1]).all())

    def describe(self) -> dict[str, Any]:
        """Return what made the vectors, for the metadata of whatever holds them."""
        import open_clip
        import torch

        return {
            "model": self.settings.model,
            "weights": self._weights_id,
            "device": self._device if self._device == "cpu" else torch.cuda.get_device_name(),
            "precision": self._precision,
            "batch_size": self.settings.batch_size,
            "torch": torch.__version__,
            "open_clip": open_clip.__version__,
            "threads": torch.get_num_threads(),
            "fingerprint": self.fingerprint(),
        }

    def fingerprint(self) -> str:
        """Return a digest of what determines the vectors, short of hardware and libraries.

        Loads no model; with a checkpoint folder and `device` cpu it does not even load torch.
        """
        parts = [self._weights_id, self._architecture, self._precision, _PICTURE_VERSION]
        return ids.fingerprint(parts)

    # -- encoding ----------------------------------------------------------------------------

    def _encode(self, items: Iterable[T], vectors: Callable[[list[T]], torch.Tensor]) -> Vectors:
        import torch

        size = self.settings.batch_size
        parts: list[Vectors] = []
        for batch in _batches(items, size):
            with torch.inference_mode():
                rows = vectors(batch + batch[:1] * (size - len(batch)))
            # Normalised here, in fp32, so that bf16 rounds once and lengths are 1.
            rows = torch.nn.functional.normalize(rows.float(), dim=-1)
            parts.append(rows[: len(batch)].cpu().numpy())
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    def _image_vectors(self, images: list[Image.Image]) -> torch.Tensor:
        import open_clip
        import torch

        done: dict[int, torch.Tensor] = {}  # padding repeats a picture: transform it once
        for image in images:
            if id(image) not in done:
                done[id(image)] = self._transform(_as_rgb(image))
        rows = torch.stack([done[id(image)] for image in images])
        rows = rows.to(self._device, open_clip.get_input_dtype(self._precision))
        vectors: torch.Tensor = self._model.encode_image(rows)
        return vectors

    def _text_vectors(self, texts: list[str]) -> torch.Tensor:
        vectors: torch.Tensor = self._model.encode_text(self._tokenizer(texts).to(self._device))
        return vectors

    # -- what encodes ------------------------------------------------------------------------

    @cached_property
    def _device(self) -> str:
        if self.settings.device == "cpu":
            return "cpu"  # without asking torch
        import torch

        if torch.cuda.is_available():
            return "cuda" if self.settings.device == "auto" else self.settings.device
        if self.settings.device != "auto":
            raise ClipError(
                f"clip device {self.settings.device!r}: torch sees no GPU here; "
                "set device: auto or cpu, or check CUDA_VISIBLE_DEVICES and the driver"
            )
        _say_cpu_once()
        return "cpu"

    @cached_property
    def _precision(self) -> str:
        if self.settings.precision != "auto":
            if self.settings.precision == "fp16" and self._device == "cpu":
                raise ClipError("clip precision fp16 on the cpu is too slow: use fp32 or bf16")
            return self.settings.precision
        return "fp32" if self._device == "cpu" else "bf16"

    @cached_property
    def _weights_id(self) -> str:
        path = self._checked_path
        if path is None:
            return f"{self.settings.model}:{self.settings.pretrained}"
        return f"blake2b:{_file_digest(_weights_file(path))}"

    @cached_property
    def _checked_path(self) -> Path | None:
        path = self.settings.path
        if path is None:
            return None
        if not path.exists():
            raise ClipError(
                f"clip checkpoint {path} does not exist; name a .safetensors file or a folder "
                f"with {CONFIG_NAME}, or remove checkpoint and set pretrained"
            )
        if path.is_dir() and not (path / CONFIG_NAME).is_file():
            raise ClipError(
                f"clip checkpoint {path} is a folder without {CONFIG_NAME}; "
                "name the weights file in it and set model to its open_clip name"
            )
        if path.is_file() and path.suffix not in _WEIGHT_SUFFIXES:
            raise ClipError(f"clip checkpoint {path}: expected a file in {_WEIGHT_SUFFIXES}")
        return path

    @cached_property
    def _architecture(self) -> str:
        """The model's and its preprocessing's configuration, as text."""
        path = self._checked_path
        if path is not None and path.is_dir():
            return json.dumps(json.loads((path / CONFIG_NAME).read_text()), sort_keys=True)
        if self.settings.model.startswith("hf-hub:"):
            return self.settings.model
        import open_clip

        self._check_name()
        name = self.settings.model.replace("/", "-")
        config = open_clip.get_model_config(name)
        tag = open_clip.get_pretrained_cfg(name, self.settings.pretrained or "")
        return json.dumps([config, tag], sort_keys=True)

    def _check_name(self) -> None:
        """Refuse what open_clip does not know, and say what it may have meant."""
        import open_clip

        name, tag = self.settings.model.replace("/", "-"), self.settings.pretrained
        if open_clip.get_model_config(name) is None:
            raise ClipError(
                f"clip model {self.settings.model!r} is unknown to open_clip "
                f"{open_clip.__version__}{_did_you_mean(name, [SMALL, *open_clip.list_models()])}"
            )
        tags = open_clip.list_pretrained_tags_by_model(name)
        if self.settings.path is not None:
            return
        if tag is None:
            raise ClipError(
                f"clip model {name!r} has no weights: set checkpoint, or pretrained to one of "
                f"{tags or 'none (open_clip publishes none for it)'}"
            )
        if not open_clip.is_pretrained_cfg(name, tag):
            raise ClipError(
                f"clip model {name!r} has no published weights {tag!r}"
                f"{_did_you_mean(tag, tags)}; there are {tags}"
            )

    @cached_property
    def _name(self) -> str:
        """The model's name as open_clip takes it."""
        path = self._checked_path
        if path is not None and path.is_dir():
            return f"local-dir:{path}"
        if not self.settings.model.startswith("hf-hub:"):
            self._check_name()
        return self.settings.model

    @cached_property
    def _model(self) -> Any:
        import open_clip
        from safetensors import SafetensorError

        name, path, source = self._name, self._checked_path, self.settings.pretrained
        if path is not None:
            weights = _weights_file(path)
            source = str(weights) if path.is_file() else None
        precision, device = self._precision, self._device
        try:
            model = open_clip.create_model(
                name,
                pretrained=source,
                precision=precision,
                device=device,
                require_pretrained=True,
                weights_only=True,
            )
        except UnpicklingError as error:
            raise ClipError(
                f"clip checkpoint {path} is damaged or holds more than tensors, and is not loaded "
                "because unpickling it could run code: convert it to .safetensors"
            ) from error
        # open_clip asserts some shapes; torch and safetensors have errors of their own.
        except (RuntimeError, ValueError, KeyError, AssertionError, SafetensorError) as error:
            advice = "that the weights were made for this model" if path else "the network"
            raise ClipError(
                f"clip model {name!r} cannot be loaded from {path or source}: "
                f"{_first_lines(error)}; check {advice}"
            ) from error
        model.eval().requires_grad_(False)
        return model

    @cached_property
    def _tokenizer(self) -> Any:
        import open_clip

        return open_clip.get_tokenizer(self._name)

    @cached_property
    def _transform(self) -> Callable[[Image.Image], torch.Tensor]:
        import open_clip
        from open_clip.transform import PreprocessCfg, image_transform_v2

        config = PreprocessCfg(**open_clip.get_model_preprocess_cfg(self._model))
        transform: Callable[[Image.Image], torch.Tensor] = image_transform_v2(
            config, is_train=False
        )
        return transform


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _as_rgb(image: Image.Image) -> Image.Image:
    """Return the picture as displayed: upright, and on white where it is transparent."""
    image = ImageOps.exif_transpose(image)
    if image.mode == "RGB":
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    # Hidden pixels may hold any colour, most often black: without this they would be seen.
    picture = image.convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(page, picture).convert("RGB")


def _weights_file(path: Path) -> Path:
    """Return the file that open_clip reads for this checkpoint."""
    if path.is_file():
        return path
    weights = sorted(path.glob("*.safetensors")) or sorted(
        file for file in path.iterdir() if file.suffix in (".bin", ".pth")
    )
    if len(weights) != 1:
        found = [file.name for file in weights] or "none"
        raise ClipError(
            f"clip checkpoint {path}: expected exactly one weights file ({WEIGHTS_NAME}), "
            f"found {found}; remove the others or name the file in checkpoint"
        )
    return weights[0]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.blake2b(digest_size=ids.ID_CHARS // 2)
        ).hexdigest()


def _did_you_mean(name: str, known: list[str]) -> str:
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.4)
    return f"; did you mean {', '.join(by_lower[other] for other in close)}?" if close else ""


def _first_lines(error: Exception, lines: int = 3) -> str:
    """The beginning of an error that may list every tensor of the model."""
    return " ".join(line.strip() for line in str(error).splitlines()[:lines])[:500]


@cache
def _say_cpu_once() -> None:
    logger.warning("CLIP: no GPU found, encoding on the CPU, which is slower")
