"""What settings need around them: files, folders, environment variables, packages."""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from tg_assets.image_pool.locations import local_path, scheme
from tg_assets.settings import SHIPPED_SEEDS, Clip, RenderedSource, Settings, Source
from tg_assets.settings_errors import did_you_mean


def missing_things(settings: Settings, *, to_read: bool = False) -> Iterator[str]:
    """Yield a line for each thing that the settings name and that is not there.

    Args:
        settings: Valid settings with absolute paths.
        to_read: Nothing will be asked: no key is missing.
    """
    yield from _home(settings.home)
    yield from _sources(settings)
    yield from _files(settings)
    if not to_read:
        yield from _keys(settings)
    ledger = settings.ledger
    if settings.ledger_env is not None:
        ledger = os.environ.get(settings.ledger_env)
    if ledger is not None:
        yield from _ledger(ledger)
    yield from _engine(settings)
    yield from _clip(settings.clip)


def _home(home: str) -> Iterator[str]:
    if "://" in home:
        return
    there = Path(home)
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        yield f"home: {there} is a file; name a folder, it is made when it is not there"
    elif not os.access(there, os.W_OK | os.X_OK):
        yield f"home: {there} may not be written to; name a folder that may"


def _sources(settings: Settings) -> Iterator[str]:
    for source in settings.sources:
        if isinstance(source, RenderedSource):
            continue
        place = f"sources.{source.name}"
        for path in (source.path, *getattr(source, "annotations", ())):
            found = scheme(path)
            if found not in settings.uri_schemes:
                yield (
                    f"{place}: {path}: nothing is read from {found}:// unless it is allowed; add "
                    f"it to uri_schemes, which allow {', '.join(settings.uri_schemes)}"
                )
            elif found == "s3" and importlib.util.find_spec("s3fs") is None:
                yield f"{place}: S3 needs a package: pip install 'taskgalaxy[aws]'"
            elif found == "file" and path != source.path and not Path(path).is_file():
                yield f"{place}.annotations: there is no file {path}"
        if scheme(source.path) == "file":
            yield from _local_source(f"{place}.path", source)


def _local_source(place: str, source: Source) -> Iterator[str]:
    path = local_path(getattr(source, "path", "")) or ""
    found = Path(path)
    if source.kind == "file_list" and found.is_dir():
        yield f"{place}: {found} is a folder; for a folder of images write kind: folder"
    elif source.kind == "file_list" and not found.is_file():
        yield f"{place}: there is no file {found}"
    elif source.kind == "folder" and found.is_file():
        yield f"{place}: {found} is a file; {_KIND_OF.get(found.suffix.lower(), _LIST)}"
    elif source.kind in ("folder", "collection") and not found.is_dir():
        yield f"{place}: there is no folder {found}"
    elif not found.exists():
        yield f"{place}: there is no file or folder {found}"


_LIST = "for a list of files write kind: file_list"
_KIND_OF = {
    ".zip": "for an archive write kind: zip",
    ".tar": "for a tar of images write kind: webdataset",
    ".parquet": "for images in a table write kind: parquet, for a list of files kind: file_list",
}


def _files(settings: Settings) -> Iterator[str]:
    seeds = Path(settings.task_tree.seeds)
    if not seeds.is_file():
        close = difflib.get_close_matches(seeds.name, SHIPPED_SEEDS, n=1)
        advice = f"did you mean {close[0]!r}?" if close else _shipped()
        yield f"task_tree.seeds: there is no file {seeds}; {advice}"
    excluded = settings.images.excluded
    if excluded is not None and "://" not in excluded.path and not Path(excluded.path).exists():
        yield f"images.excluded.path: there is no file or folder {excluded.path}"
    checkpoint, withdrawals = settings.clip.checkpoint, settings.withdrawals
    if checkpoint is not None and not Path(checkpoint).exists():
        yield f"clip.checkpoint: there is no file or folder {checkpoint}"
    if withdrawals is not None and "://" not in withdrawals and not Path(withdrawals).is_file():
        yield f"withdrawals: there is no file {withdrawals}; a CSV with the columns kind,id,reason"


def _shipped() -> str:
    return f"shipped with the project: {', '.join(SHIPPED_SEEDS)}"


def _keys(settings: Settings) -> Iterator[str]:
    used = {name for _, name in settings.model_uses()}
    for name, model in settings.models.items():
        variable = getattr(model, "api_key_env", None)
        if name in used and variable is not None and not os.environ.get(variable):
            yield (
                f"models.{name}.api_key_env: the environment variable {variable} is not set; "
                "export it, or write `api_key_env: null` for an endpoint that needs no key"
            )


_ENGINE_PACKAGES = {"celery": "dagster_celery", "kubernetes": "dagster_k8s", "ecs": "dagster_aws"}


def _engine(settings: Settings) -> Iterator[str]:
    engine = settings.engine
    variables = {"ledger_env": settings.ledger_env}
    packages = set()
    if engine is not None:
        variables["engine.postgres_env"] = engine.postgres_env
        packages |= {"dagster_postgres", _ENGINE_PACKAGES.get(engine.runs, "dagster_postgres")}
        if engine.runs == "celery":
            variables["engine.broker_env"] = engine.broker_env
        if engine.compute_logs is not None:
            packages.add("dagster_aws")
    if settings.home.startswith("s3://"):
        packages |= {"s3fs", "dagster_aws"}
    for place, variable in variables.items():
        if variable is not None and not os.environ.get(variable):
            yield f"{place}: the environment variable {variable} is not set; export it"
    for package in sorted(packages):
        if importlib.util.find_spec(package) is None:
            yield (
                f"engine: {package.replace('_', '-')} is not installed: "
                "pip install 'taskgalaxy[cluster]'"
            )


def _ledger(url: str) -> Iterator[str]:
    """Say what is wrong with a ledger's URL, never the URL: it may hold a password."""
    import sqlalchemy as sa

    examples = "such as sqlite:////data/ledger.sqlite or postgresql://user@host/database"
    try:
        backend = sa.make_url(url).get_backend_name()
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError):
        yield f"ledger: is no URL of a database, {examples}"
        return
    if backend not in ("sqlite", "postgresql"):
        yield f"ledger: a {backend} database cannot hold it; give a URL {examples}"
    if backend == "postgresql" and importlib.util.find_spec("psycopg2") is None:
        yield "ledger: PostgreSQL needs a package: pip install 'taskgalaxy[postgres]'"


def _clip(clip: Clip) -> Iterator[str]:
    """Say what is wrong with the encoder as far as can be told without loading torch."""
    from resources.clip_settings import ClipError, clip_settings

    try:
        encoder = clip_settings(clip)
    except ClipError as error:
        yield f"clip: {str(error).removeprefix('clip ')}"
        return
    names = _open_clip_models()
    brings_its_own = encoder.path is not None and encoder.path.is_dir()
    if brings_its_own or clip.model.startswith("hf-hub:") or not names:
        return
    if clip.model.replace("/", "-") not in names:
        advice = did_you_mean(clip.model, names) if _is_close(clip.model, names) else _LIST_MODELS
        yield f"clip.model: open_clip knows no model {clip.model!r}; {advice}"
    elif encoder.path is None and clip.pretrained is None:
        yield (
            f"clip.pretrained: is missing; name the weights of {clip.model}, such as openai, or a "
            "local clip.checkpoint"
        )


_LIST_MODELS = "`python -c 'import open_clip; print(*open_clip.list_models())'` lists them"


def _is_close(name: str, names: list[str]) -> bool:
    return bool(difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=1))


def _open_clip_models() -> list[str]:
    """Return the names of open_clip's models, from its files: importing it loads torch."""
    found = importlib.util.find_spec("open_clip")
    if found is None or found.origin is None:
        return []
    configs = Path(found.origin).parent / "model_configs"
    return ["small", *sorted(file.stem for file in configs.glob("*.json"))]
