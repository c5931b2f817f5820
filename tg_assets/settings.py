"""galaxy.yaml -> validated settings.

Everything wrong with a file is said at load, a line each, with the place in the file and what to
do about it. Paths in the file are relative to the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

PACKAGE = Path(__file__).parent
EMBEDDED_SETTINGS = PACKAGE / "embedded.yaml"
"""The settings used when none are named: no key, no GPU and no download needed."""

SHIPPED_SEEDS = {
    "general": PACKAGE / "task_tree" / "seeds.yaml",
    "embedded": PACKAGE / "task_tree" / "seeds_embedded.yaml",
}
"""The seeds that come with the project, by the names that settings call them by."""

SceneFamily = Literal["charts", "documents", "grid", "tabletop"]
SCENE_FAMILIES: tuple[SceneFamily, ...] = ("charts", "documents", "grid", "tabletop")
NAME = r"^[a-z0-9][a-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME)]


class SettingsError(ValueError):
    """The settings cannot be used; the message has one line for each thing that is wrong."""


class Part(BaseModel):
    """A part of the settings: unknown keys are refused, values cannot change after load."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderSource(Part):
    """A folder (or bucket prefix) of image files, read recursively."""

    kind: Literal["folder"]
    name: Name
    path: str
    license: str


class FileListSource(Part):
    """A CSV, JSONL or Parquet file with a column ``uri`` and, optionally, ``license``."""

    kind: Literal["file_list"]
    name: Name
    path: str
    license: str


class RenderedSource(Part):
    """Pictures the project draws itself, with their scene graphs."""

    kind: Literal["rendered"]
    name: Name
    count: int = Field(ge=1)
    seed: int = Field(default=0, ge=0)
    license: str = "CC0-1.0"
    families: tuple[SceneFamily, ...] = SCENE_FAMILIES


Source = Annotated[FolderSource | FileListSource | RenderedSource, Field(discriminator="kind")]


class Price(Part):
    """Dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class EmbeddedModel(Part):
    """Answers from scene graphs, with a stated error rate: the default that needs nothing."""

    provider: Literal["embedded"]
    error_rate: float = Field(default=0.05, ge=0, lt=1)
    concurrency: int = Field(default=16, ge=1)
    items_per_request: int = Field(default=10, ge=1)


class OpenAIModel(Part):
    """Any endpoint that speaks OpenAI's chat completions."""

    provider: Literal["openai"]
    model: str
    price: Price
    base_url: str | None = None
    api_key_env: str | None = "OPENAI_API_KEY"
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: float | None = 0.0
    max_tokens: int = Field(default=2048, ge=16)
    max_image_side: int = Field(default=1024, ge=64)
    image_detail: Literal["auto", "low", "high"] = "auto"
    concurrency: int = Field(default=32, ge=1, le=4096)
    timeout_s: float = Field(default=120, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    items_per_request: int = Field(default=10, ge=1)


Model = Annotated[EmbeddedModel | OpenAIModel, Field(discriminator="provider")]


class TaskTree(Part):
    """How the tree grows."""

    seeds: str = "general"  # a file, or one of SHIPPED_SEEDS
    model: str
    targets: dict[int, int] = {}  # level -> task types on that level, in all
    max_rounds: int = Field(default=3, ge=1)
    per_request: int = Field(default=20, ge=1, le=200)


class Clip(Part):
    """The encoder that matches images to task types."""

    model: str = "small"  # "small" is the checkpoint this project ships
    pretrained: str | None = None
    checkpoint: str | None = None
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    batch_size: int = Field(default=64, ge=1)
    label_template: str | None = None


class Match(Part):
    """How many task types an image is matched to."""

    top_k: int = Field(default=10, ge=1)
    keep_per_batch: int = Field(default=16, ge=1)

    @model_validator(mode="after")
    def _keeps_enough(self) -> Match:
        if self.keep_per_batch < self.top_k:
            raise ValueError(
                f"keep_per_batch ({self.keep_per_batch}) must be at least top_k ({self.top_k}): "
                "a batch must be able to fill an image's candidates alone"
            )
        return self


class Subset(Part):
    """A subset of the dataset, as in the paper's ablations."""

    task_types: int | None = Field(default=None, ge=1)
    images: int | None = Field(default=None, ge=1)
    max_per_type: int | None = Field(default=None, ge=1)


class Dataset(Part):
    """What is published."""

    min_score: int = Field(default=2, ge=0)
    max_per_type: int = Field(default=55, ge=1)
    exports: tuple[Literal["llava", "huggingface"], ...] = ("llava", "huggingface")
    subsets: dict[Name, Subset] = {}


class Checks(Part):
    """Limits of the blocking checks; shares are of rows."""

    max_rejected_images: float = Field(default=0.5, ge=0, le=1)
    max_failed_requests: float = Field(default=0.1, ge=0, le=1)
    max_request_failed_growth: float = Field(default=0.5, ge=0, le=1)
    min_candidate_score: float = Field(default=-1.0, ge=-1, le=1)
    min_kept_pairs: float = Field(default=0.02, ge=0, le=1)
    min_referee_agreement: float = Field(default=0.5, ge=0, le=1)
    min_referee_accuracy: float = Field(default=0.6, ge=0, le=1)
    max_source_share: float = Field(default=1.0, gt=0, le=1)
    max_unknown_licence: float = Field(default=1.0, ge=0, le=1)


class Schedule(Part):
    """When the graph looks for new images and task types."""

    refresh_cron: str = "0 3 * * *"
    timezone: str = "UTC"


class Settings(Part):
    """The whole of a galaxy.yaml."""

    name: Name
    home: str = "galaxy"
    sources: tuple[Source, ...] = Field(min_length=1)
    shard_size: int = Field(default=1000, ge=1)
    task_tree: TaskTree
    clip: Clip = Clip()
    match: Match = Match()
    filter: str
    ask: str
    referees: dict[Name, str] = Field(min_length=1)
    referee_sees: Literal["answer", "question"] = "answer"
    models: dict[Name, Model] = Field(min_length=1)
    ledger: str | None = None
    withdrawals: str | None = None
    dataset: Dataset = Dataset()
    checks: Checks = Checks()
    schedule: Schedule = Schedule()

    @model_validator(mode="after")
    def _names_fit(self) -> Settings:
        problems = [
            f"{place}: no model is called {name!r}; models: {', '.join(self.models)}"
            for place, name in self.model_uses()
            if name not in self.models
        ]
        names = [source.name for source in self.sources]
        problems += [
            f"sources: the name {name!r} is given twice; names tell sources apart"
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if self.dataset.min_score > len(self.referees):
            problems.append(
                f"dataset.min_score is {self.dataset.min_score}, but there are only "
                f"{len(self.referees)} referees: no sample could ever pass"
            )
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def model_uses(self) -> Iterable[tuple[str, str]]:
        """Yield (place in the settings, model name) for every use of a model."""
        yield "task_tree.model", self.task_tree.model
        yield "filter", self.filter
        yield "ask", self.ask
        for referee, model in self.referees.items():
            yield f"referees.{referee}", model


def load_settings(path: str | Path | None = None) -> Settings:
    """Load, resolve and validate a settings file.

    Args:
        path: The file; the embedded default when absent.

    Returns:
        Settings whose paths are absolute (URLs stay as they are).

    Raises:
        SettingsError: With a line for each problem: the file, the key, what is wrong.
    """
    file = Path(path) if path is not None else EMBEDDED_SETTINGS
    raw = _read_yaml(file)
    base = Path.cwd() if file == EMBEDDED_SETTINGS else file.resolve().parent
    try:
        settings = Settings.model_validate(_with_defaults(raw))
    except ValidationError as error:
        raise SettingsError(_explain(file, error)) from None
    settings = _resolved(settings, base)
    problems = list(_missing_things(settings))
    if problems:
        raise SettingsError("\n".join(f"{file}: {problem}" for problem in problems))
    return settings


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 text: {error}") from None
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{file}: is not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise SettingsError(f"{file}: must be a mapping of settings, see examples/embedded.yaml")
    return raw


def _with_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """Every settings file may use the embedded model by its name without declaring it."""
    models = raw.get("models")
    if models is None or isinstance(models, dict):
        raw = {**raw, "models": {"embedded": {"provider": "embedded"}, **(models or {})}}
    return raw


def _explain(file: Path, error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        place = ".".join(
            str(part)
            for part in item["loc"]
            if part not in ("folder", "file_list", "rendered", "embedded", "openai")
            or item["loc"].index(part) < 1
        )
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key; is it misspelt?"
        elif item["type"] == "missing":
            message = "is missing" + (
                " (dollars per million tokens: {input: 2.5, output: 10}; a local model: 0 and 0)"
                if item["loc"][-1] == "price"
                else ""
            )
        lines += [f"{file}: {place + ': ' if place else ''}{line}" for line in message.split("\n")]
    return "\n".join(lines)


def _absolute(path: str, base: Path) -> str:
    return path if "://" in path else str((base / Path(path).expanduser()).absolute())


def _resolved(settings: Settings, base: Path) -> Settings:
    def at(path: str | None) -> str | None:
        return None if path is None else _absolute(path, base)

    sources = tuple(
        source
        if isinstance(source, RenderedSource)
        else source.model_copy(update={"path": _absolute(source.path, base)})
        for source in settings.sources
    )
    seeds = settings.task_tree.seeds
    seeds = str(SHIPPED_SEEDS[seeds]) if seeds in SHIPPED_SEEDS else _absolute(seeds, base)
    tree = settings.task_tree.model_copy(update={"seeds": seeds})
    clip = settings.clip.model_copy(update={"checkpoint": at(settings.clip.checkpoint)})
    return settings.model_copy(
        update={
            "home": _absolute(settings.home, base),
            "sources": sources,
            "task_tree": tree,
            "clip": clip,
            "withdrawals": at(settings.withdrawals),
        }
    )


def _missing_things(settings: Settings) -> Iterable[str]:
    for source in settings.sources:
        if isinstance(source, RenderedSource) or "://" in source.path:
            continue
        found = Path(source.path)
        if source.kind == "folder" and not found.is_dir():
            yield f"sources.{source.name}.path: there is no folder {source.path}"
        if source.kind == "file_list" and not found.is_file():
            yield f"sources.{source.name}.path: there is no file {source.path}"
    for key, path in (
        ("task_tree.seeds", settings.task_tree.seeds),
        ("clip.checkpoint", settings.clip.checkpoint),
        ("withdrawals", settings.withdrawals),
    ):
        if path is not None and "://" not in path and not Path(path).exists():
            yield f"{key}: there is no file {path}"
    used = {name for _, name in settings.model_uses()}
    for name, model in settings.models.items():
        key_env = getattr(model, "api_key_env", None)
        if name in used and key_env is not None and not os.environ.get(key_env):
            yield (
                f"models.{name}.api_key_env: the environment variable {key_env} is not set; "
                "export it, or write `api_key_env: null` for an endpoint that needs no key"
            )
