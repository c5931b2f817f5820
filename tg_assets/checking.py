"""`tg check`: what settings would do, before anything is written or paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from resources.galaxy import Galaxy
from resources.gpu import machine_devices
from tg_assets.image_pool.listed import Refused
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.remembered import Remembered
from tg_assets.settings import RenderedSource, Settings, Source, VllmModel
from tg_assets.task_tree.seeds import load_seeds
from tg_assets.withdrawals.listed import read_withdrawals


def describe(settings: Settings) -> Iterator[str]:
    """Yield lines that say what a pass would begin with; reads seeds, withdrawals and sources.

    Raises:
        ValueError: One of them cannot be used (SeedsError, WithdrawalsError, ListError).
    """
    seeds = load_seeds(settings.task_tree.seeds)
    withdrawn = read_withdrawals(settings.withdrawals)
    yield f"{settings.name}: tables under {settings.home}"
    for source in settings.sources:
        yield f"source {source.name}: {_held(source, settings)}"
    yield f"seeds: {len(seeds.paths)} task types in {settings.task_tree.seeds}"
    if settings.withdrawals is not None:
        yield f"withdrawals: {withdrawn.height} entries in {settings.withdrawals}"
    for place, name in settings.model_uses():
        yield f"{place}: {name} ({settings.models[name].provider})"
    yield from _prices(settings)


def _prices(settings: Settings) -> Iterator[str]:
    for name in sorted({name for _, name in settings.model_uses()}):
        price = getattr(settings.models[name], "price", None)
        if price is None:
            continue
        source = price.source or "as the settings say"
        yield f"price of {name}: ${price.input:g} in, ${price.output:g} out, a million; {source}"


def _held(source: Source, settings: Settings) -> str:
    if isinstance(source, RenderedSource):
        return f"{source.count:,} pictures to be drawn, licence {source.license}"
    if "://" in source.path:
        return f"{source.path} (not looked at)"
    files = 0
    refused = Counter[str]()
    licences = Counter[str]()
    for entry in entries(
        source, Remembered(None), settings.uri_schemes, settings.within, settings.http_hosts
    ):
        if isinstance(entry, Refused):
            refused[entry.reason] += 1
        else:
            files += 1
            licences[entry.license] += 1
    why = ", ".join(f"{reason} {count:,}" for reason, count in sorted(refused.items()))
    rest = f", {refused.total():,} entries that can be no pictures ({why})" if refused else ""
    licence = f", licence {_named(licences)}" if files else ""
    return f"{files:,} images in {source.path}{rest}{licence}"


def _named(licences: Counter[str]) -> str:
    if len(licences) == 1:
        return next(iter(licences))
    return ", ".join(f"{name} ({count:,})" for name, count in sorted(licences.items()))


def remarks(settings: Settings) -> Iterator[str]:
    """Yield lines about what is allowed and hardly meant."""
    galaxy = Galaxy(settings)
    voices: dict[str, list[str]] = {}
    for referee, name in settings.referees.items():
        voices.setdefault(galaxy.chat_model(name).identity, []).append(referee)
    for alike in voices.values():
        if len(alike) > 1:
            yield (
                f"referees {', '.join(alike)} ask the same model in the same way: they always "
                "agree, and their votes are worth one; give them models, or temperatures, of "
                "their own"
            )
    yield from _servers(settings)
    for source in settings.sources:
        if not isinstance(source, RenderedSource) and settings.clip.model == "small":
            yield (
                f"sources.{source.name}: clip.model small was trained on this project's drawn "
                "pictures alone; for photos take a model such as ViT-B-32 (examples/openai.yaml)"
            )


def _servers(settings: Settings) -> Iterator[str]:
    """Yield what the models that vLLM serves would miss, were they started on this machine."""
    from resources.vllm.command import NoVllm, devices_of, program

    there = machine_devices()
    for name in dict.fromkeys(name for _, name in settings.model_uses()):
        model = settings.models[name]
        if not isinstance(model, VllmModel):
            continue
        try:
            program(model.python)
        except NoVllm as error:
            yield f"models.{name}.python: {error}"
        if model.path is not None and model.path.startswith("/") and not Path(model.path).is_dir():
            yield f"models.{name}.path: there is no folder {model.path}"
        if there and devices_of(model) > len(there):
            yield (
                f"models.{name}: wants {devices_of(model)} devices, this machine has "
                f"{', '.join(there)}"
            )
        if not there and devices_of(model):
            yield f"models.{name}: this machine has no GPU; vLLM's build for the CPU is slow"
