"""Names of the concurrency pools; how many slots each has is the instance's to say."""

from __future__ import annotations

from tg_assets.settings import EmbeddedModel, Settings

GPU = "gpu"


def chat_pool(settings: Settings, model: str) -> str | None:
    """Return the pool of a model's endpoint; the embedded model shares nothing, so it has none."""
    return None if isinstance(settings.models[model], EmbeddedModel) else f"chat_{_plain(model)}"


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name)


def gpu_pool(_: Settings) -> str:
    """Return the pool of the steps that hold a GPU."""
    return GPU
