"""CLIP: turns pictures and texts into vectors that can be compared.

Importing this module loads neither torch nor open_clip; the first vector does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resources import clip_pictures
from resources.clip_checkpoint import Checkpoint
from resources.clip_pictures import Fit, Pixels
from resources.clip_settings import ClipError, ClipSettings
from resources.device import CPU, DeviceClock, device_name, has_gpu, rows_for, say_cpu_once
from tg_assets import ids

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
T = TypeVar("T")


class ClipEncoder:
    """Pictures and texts to vectors of length 1, float32, whatever the precision inside.

    An image's vector depends on the model, device, libraries and thread count alone. Every
    forward pass has exactly `batch_size` rows, the last one padded with its own first row: with
    passes of other sizes the libraries choose other kernels, and vectors then differ in their
    last bits. With equal sizes, company and place in the batch changed no bit on the CPU in fp32
    (tests/clip_similarity/test_encoder.py). One picture therefore costs a whole batch: hand over
    many at once.

    Args:
        settings: Which CLIP, and on what.
        checkpoint: Its weights; those of the settings when absent.
    """

    def __init__(self, settings: ClipSettings, checkpoint: Checkpoint | None = None) -> None:
        self.settings = settings
        self._checkpoint = checkpoint or Checkpoint(settings)

    @cached_property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.encode_texts([""]).shape[1])

    @cached_property
    def batch_size(self) -> int:
        """Rows of a forward pass."""
        return self.settings.batch_size or rows_for(self._device)

    @property
    def model(self) -> Any:
        """open_clip's model, loaded when it is first asked for."""
        return self._model

    @cached_property
    def fit(self) -> Fit:
        """How a picture becomes as large as the model's input."""
        return Fit.of(self._preprocess)

    def encode_images(self, images: Iterable[Image.Image]) -> Vectors:
        """Return one vector per picture, in order; pictures are taken a batch at a time."""
        return self.encode_fitted(map(self.fit.of_picture, images))

    def encode_fitted(
        self, pictures: Iterable[Pixels], clock: DeviceClock | None = None
    ) -> Vectors:
        """Return one vector per picture, in order.

        Args:
            pictures: As `fit` makes them, (height, width, 3); taken a batch at a time.
            clock: Told when the device computes.
        """
        return self._encode(pictures, self._fitted, self._image_vectors, clock)

    def encode_texts(self, texts: Sequence[str], clock: DeviceClock | None = None) -> Vectors:
        """Return one vector per text, in order; what is beyond the context is cut off."""
        rows = self._tokenizer(list(texts)) if texts else ()
        return self._encode(rows, self._tokens, self._text_vectors, clock)

    def fits(self, texts: Sequence[str]) -> list[bool]:
        """Tell of each text whether the text tower sees all of it."""
        context = self._model.context_length
        # Longer rows show what would be cut off; an empty text shows what padding looks like.
        rows = self._tokenizer([*texts, ""], context_length=context + 8)
        found: list[bool] = (rows[:-1, context:] == rows[-1, -1]).all(dim=1).tolist()
        return found

    def describe(self) -> dict[str, Any]:
        """Return what made the vectors, for the metadata of whatever holds them."""
        import open_clip
        import torch

        return {
            "model": self.settings.model,
            "weights": self._checkpoint.weights_id,
            "device": device_name(self._device),
            "precision": self._precision,
            "batch_size": self.batch_size,
            "torch": torch.__version__,
            "open_clip": open_clip.__version__,
            "threads": torch.get_num_threads(),
            "fingerprint": self.fingerprint(),
        }

    def fingerprint(self) -> str:
        """Return a digest of what determines the vectors, short of hardware and libraries.

        Loads no model; with a checkpoint folder and `device` cpu it does not even load torch.
        """
        checkpoint = self._checkpoint
        return ids.fingerprint(
            [
                checkpoint.weights_id,
                checkpoint.architecture,
                self._precision,
                clip_pictures.VERSION,
            ]
        )

    def close(self) -> None:
        """Give the model's memory back; the next vector loads it again."""
        held = self.__dict__.pop("_model", None)
        if held is not None and self._device != CPU:
            del held
            import torch

            torch.cuda.empty_cache()

    # -- encoding ----------------------------------------------------------------------------

    def _encode(
        self,
        items: Iterable[T],
        rows_of: Callable[[list[T]], torch.Tensor],
        vectors: Callable[[torch.Tensor], torch.Tensor],
        clock: DeviceClock | None,
    ) -> Vectors:
        import torch

        size, device = self.batch_size, self._device
        clock = clock or DeviceClock()
        parts: list[Vectors] = []
        queued: list[torch.Tensor] = []
        for batch in _batches(items, size):
            rows = rows_of(batch + batch[:1] * (size - len(batch)))
            try:
                with torch.inference_mode(), clock.computing(device):
                    # Normalised in fp32, so that bf16 rounds once and lengths are 1.
                    found = torch.nn.functional.normalize(vectors(rows).float(), dim=-1)
            except torch.OutOfMemoryError as error:
                raise ClipError(
                    f"{device_name(device)} has no memory for a forward pass of {size} rows of "
                    f"{self.settings.model}: set clip.batch_size to {max(1, size // 2)}"
                ) from error
            # A GPU is still at it: the batch before is fetched while this one is computed.
            parts += [done.cpu().numpy() for done in queued]
            queued = [found[: len(batch)]]
        parts += [done.cpu().numpy() for done in queued]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    def _fitted(self, pictures: list[Pixels]) -> torch.Tensor:
        import torch

        return self._on_device(torch.from_numpy(np.stack(pictures)))

    def _tokens(self, rows: list[torch.Tensor]) -> torch.Tensor:
        import torch

        return self._on_device(torch.stack(rows))

    def _on_device(self, rows: torch.Tensor) -> torch.Tensor:
        if self._device == CPU:
            return rows
        return rows.pin_memory().to(self._device, non_blocking=True)

    def _image_vectors(self, rows: torch.Tensor) -> torch.Tensor:
        import open_clip

        mean, deviation = self._normalisation
        # Samples come as bytes, a quarter of what would have to travel, and become numbers here.
        numbers = rows.permute(0, 3, 1, 2).float().div_(255).sub_(mean).div_(deviation)
        vectors: torch.Tensor = self._model.encode_image(
            numbers.to(dtype=open_clip.get_input_dtype(self._precision))
        )
        return vectors

    def _text_vectors(self, rows: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self._model.encode_text(rows)
        return vectors

    # -- what encodes ------------------------------------------------------------------------

    @cached_property
    def _device(self) -> str:
        if self.settings.device == CPU:
            return CPU  # without asking torch
        if has_gpu():
            return "cuda" if self.settings.device == "auto" else self.settings.device
        if self.settings.device != "auto":
            raise ClipError(
                f"clip device {self.settings.device!r}: torch sees no GPU here; "
                "set device: auto or cpu, or check CUDA_VISIBLE_DEVICES and the driver"
            )
        say_cpu_once()
        return CPU

    @cached_property
    def _precision(self) -> str:
        if self.settings.precision != "auto":
            if self.settings.precision == "fp16" and self._device == CPU:
                raise ClipError("clip precision fp16 on the cpu is too slow: use fp32 or bf16")
            return self.settings.precision
        return "fp32" if self._device == CPU else "bf16"

    @cached_property
    def _model(self) -> Any:
        return self._checkpoint.load(self._precision, self._device)

    @cached_property
    def _tokenizer(self) -> Any:
        import open_clip

        return open_clip.get_tokenizer(self._checkpoint.name)

    @cached_property
    def _preprocess(self) -> dict[str, Any]:
        """open_clip's preprocessing configuration, with its defaults."""
        import open_clip
        from open_clip.transform import PreprocessCfg

        return asdict(PreprocessCfg(**open_clip.get_model_preprocess_cfg(self._model)))

    @cached_property
    def _normalisation(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation of the channels, as they are subtracted and divided by."""
        import torch

        mean, deviation = (
            torch.tensor(self._preprocess[name], device=self._device).view(3, 1, 1)
            for name in ("mean", "std")
        )
        return mean, deviation


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
