"""From the settings' words to the encoder's."""

from __future__ import annotations

from resources.clip import DEFAULT_LABEL_TEMPLATE, SMALL, ClipSettings
from tg_assets.settings import Clip

GENERAL_TEMPLATE = "a picture for the task: {label}"
"""For encoders that were not trained on this project's own wording."""


def clip_settings(clip: Clip) -> ClipSettings:
    """Return the encoder's settings; ``small`` is the checkpoint that this project ships."""
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
