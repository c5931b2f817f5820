"""Which CLIP, on what, and how task types are worded for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tg_assets.settings import Clip

SMALL = "small"
"""The model that this repository ships: trained on its own rendered scenes, no download."""

SMALL_CHECKPOINT = (
    Path(__file__).parents[1] / "tg_assets" / "clip_similarity" / "checkpoints" / SMALL
)
DEFAULT_LABEL_TEMPLATE = "{label}"
"""What the shipped model was trained with."""

GENERAL_TEMPLATE = "a picture for the task: {label}"
"""For encoders that were not trained on this project's own wording."""

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_PRECISIONS = ("auto", "fp32", "bf16", "fp16")


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
        batch_size: Pictures or texts per forward pass, always exactly so many; none takes what
            suits the device.
        label_template: How a task type becomes text; see `label_text`.
    """

    model: str = SMALL
    pretrained: str | None = None
    checkpoint: str | None = None
    device: str = "auto"
    precision: str = "auto"
    batch_size: int | None = None
    label_template: str = DEFAULT_LABEL_TEMPLATE

    def __post_init__(self) -> None:
        if not _DEVICE.fullmatch(self.device):
            raise ClipError(f"clip device {self.device!r}: use auto, cpu, cuda or cuda:<number>")
        if self.precision not in _PRECISIONS:
            raise ClipError(f"clip precision {self.precision!r}: use one of {_PRECISIONS}")
        if self.precision == "fp16" and self.device == "cpu":
            raise ClipError("clip precision fp16 on the cpu is too slow to use: use fp32 or bf16")
        if self.batch_size is not None and self.batch_size < 1:
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


def clip_settings(clip: Clip) -> ClipSettings:
    """Return the encoder's settings from those of a galaxy."""
    usual = DEFAULT_LABEL_TEMPLATE if clip.model == SMALL else GENERAL_TEMPLATE
    return ClipSettings(
        model=clip.model,
        pretrained=clip.pretrained,
        checkpoint=clip.checkpoint,
        device=clip.device,
        precision=clip.precision,
        batch_size=clip.batch_size,
        label_template=clip.label_template or usual,
    )
