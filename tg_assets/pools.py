"""Names of the concurrency pools; how many slots each has is the instance's to say."""

from __future__ import annotations

from collections.abc import Iterable

from tg_assets.settings import EmbeddedModel, Settings

GPU = "gpu"
REFEREES = "chat_referees"
EVALUATED = "chat_evaluated"


def chat_pool(settings: Settings, model: str | None) -> str | None:
    """Return the pool of a model's endpoint; the embedded model shares nothing, so it has none."""
    if model is None or isinstance(settings.models[model], EmbeddedModel):
        return None
    return f"chat_{_plain(model)}"


def referees_pool(settings: Settings) -> str | None:
    """Return the pool of the referees' steps.

    Pools belong to assets, not to partitions: referees that share a model share its pool with
    everything else that asks it, referees of several models have one pool together.
    """
    return _pool_of(settings, settings.referees.values(), REFEREES)


def evaluated_pool(settings: Settings) -> str | None:
    """Return the pool of the steps that ask the models that are evaluated, likewise."""
    return _pool_of(settings, settings.evaluation.models, EVALUATED)


def _pool_of(settings: Settings, models: Iterable[str], together: str) -> str | None:
    pools = {chat_pool(settings, model) for model in models} - {None}
    return next(iter(pools)) if len(pools) == 1 else together if pools else None


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name)


def gpu_pool(_: Settings) -> str:
    """Return the pool of the steps that hold a GPU."""
    return GPU
