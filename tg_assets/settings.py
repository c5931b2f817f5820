"""galaxy.yaml -> validated settings.

Everything wrong with a file is said at load, a line each, with the place in the file and what to
do about it. Paths in the file are relative to the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from tg_assets.settings_engine import Engine, Variable
from tg_assets.settings_errors import did_you_mean, explain
from tg_assets.settings_file import SettingsError as SettingsError
from tg_assets.settings_file import read_settings_file
from tg_assets.settings_models import EmbeddedModel as EmbeddedModel
from tg_assets.settings_models import Model
from tg_assets.settings_models import OpenAIBatchModel as OpenAIBatchModel
from tg_assets.settings_models import OpenAIModel as OpenAIModel
from tg_assets.settings_models import Price as Price
from tg_assets.settings_models import VllmModel as VllmModel
from tg_assets.settings_parts import VARIABLE, Name
from tg_assets.settings_parts import Part as Part
from tg_assets.settings_rendering import Rendering
from tg_assets.settings_sources import S3, STORAGES, Images, resolved_source
from tg_assets.settings_sources import FileListSource as FileListSource
from tg_assets.settings_sources import FolderSource as FolderSource
from tg_assets.settings_sources import RenderedSource as RenderedSource
from tg_assets.settings_sources import Source as Source

PACKAGE = Path(__file__).parent
EMBEDDED_SETTINGS = PACKAGE / "embedded.yaml"
"""The settings used when none are named: no key, no GPU and no download needed."""

SHIPPED_SEEDS = {
    "general": PACKAGE / "task_tree" / "seeds.yaml",
    "embedded": PACKAGE / "task_tree" / "seeds_embedded.yaml",
}
"""The seeds that come with the project, by the names that settings call them by."""


SHIPPED_LIBRARY = "shipped"
"""What settings call the library of objects that comes with the project."""


class TaskTree(Part):
    """How the tree grows."""

    seeds: str = "general"  # a file, or one of SHIPPED_SEEDS
    accepted: str | None = None  # a file like seeds, of proposals that were accepted
    model: str
    targets: dict[int, int] = Field(default_factory=dict)  # level -> task types, in all
    max_rounds: int = Field(default=3, ge=1)
    per_request: int = Field(default=20, ge=1, le=200)


class Clip(Part):
    """The encoder that matches images to task types."""

    model: str = "small"  # "small" is the checkpoint this project ships
    pretrained: str | None = None
    checkpoint: str | None = None
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    batch_size: int | None = Field(default=None, ge=1)  # what suits the device
    decode_workers: int | None = Field(default=None, ge=1)  # one a processor
    label_template: str | None = None


class TaskSpace(Part):
    """What tasks with known answers are made of."""

    library: tuple[str, ...] = ()  # folders of objects, the lowest layer first; else the shipped


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
    quota_aware: bool = False  # ask nothing for task types that earlier shards have filled
    ground_truth: bool = False  # questions with known answers enter as a source of their own
    exports: tuple[Literal["llava", "huggingface"], ...] = ("llava", "huggingface")
    subsets: dict[Name, Subset] = Field(default_factory=dict)


class Calibration(Part):
    """How the referees are tried on questions with known answers; their votes are paid for."""

    pairs: int = Field(default=20, ge=0)  # of each kind: right, and of each kind of fault; 0: none
    min_precision: float | None = Field(default=None, ge=0, le=1)  # asked of the better min_score


class Checks(Part):
    """Limits of the blocking checks; shares are of rows."""

    max_rejected_images: float = Field(default=0.5, ge=0, le=1)
    max_failed_requests: float = Field(default=0.1, ge=0, le=1)
    max_request_failed_growth: float = Field(default=0.5, ge=0, le=1)
    min_candidate_score: float = Field(default=-1.0, ge=-1, le=1)
    min_kept_pairs: float = Field(default=0.02, ge=0, le=1)
    min_referee_agreement: float = Field(default=0.5, ge=0, le=1)
    min_referee_accuracy: float = Field(default=0.6, ge=0, le=1)
    min_referee_sensitivity: float = Field(default=0.3, ge=0, le=1)
    min_referee_specificity: float = Field(default=0.3, ge=0, le=1)
    max_source_share: float = Field(default=1.0, gt=0, le=1)
    max_unknown_licence: float = Field(default=1.0, ge=0, le=1)


class Budget(Part):
    """Dollars that may be spent; null is no limit."""

    total_usd: float | None = Field(default=None, ge=0)  # by the ledger, ever
    per_run_usd: float | None = Field(default=None, ge=0)


class Evaluation(Part):
    """Which models are asked tasks with known answers, and which tasks."""

    models: tuple[str, ...] = ()  # none: nothing is drawn, asked or paid for
    per_generator: int = Field(default=20, ge=1)
    generators: tuple[str, ...] = ()  # all of the task space when none is named
    seed: int = Field(default=0, ge=0)
    permutations: int = Field(default=1, ge=1, le=4)  # each shifts the options by one place more

    @model_validator(mode="after")
    def _is_known(self) -> Evaluation:
        from tg_assets.task_space.generators import GENERATORS

        for name in self.generators:
            if name not in GENERATORS:
                raise ValueError(
                    f"generators: no generator is called {name!r}; {did_you_mean(name, GENERATORS)}"
                )
        for what, names in (("model", self.models), ("generator", self.generators)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}s: {twice[0]!r} is named twice; once is enough")
        return self

    @property
    def is_on(self) -> bool:
        """Whether any model is evaluated."""
        return bool(self.models)


class Schedule(Part):
    """When the graph looks for new images and task types."""

    refresh_cron: str = "0 3 * * *"
    growth_cron: str = "0 4 * * 0"
    timezone: str = "UTC"

    @model_validator(mode="after")
    def _can_be_kept(self) -> Schedule:
        for name in ("refresh_cron", "growth_cron"):
            if len(getattr(self, name).split()) != 5:
                raise ValueError(
                    f"{name} {getattr(self, name)!r} does not have the five fields of cron "
                    '(minute, hour, day, month, weekday), such as "0 3 * * *"'
                )
        try:
            ZoneInfo(self.timezone)
        except (KeyError, OSError, ValueError):
            raise ValueError(
                f"timezone {self.timezone!r} is unknown; name one such as Europe/Berlin, or UTC"
            ) from None
        return self


class Notify(Part):
    """Who is told of failures and of money spent; the URL itself is a secret, and so not here."""

    webhook_env: Annotated[str, Field(pattern=VARIABLE)] | None = None
    spend_shares: tuple[float, ...] = (0.5, 0.8, 1.0)  # of budget.total_usd


class Secrets(Part):
    """Where keys are that the environment does not hold."""

    aws: tuple[str, ...] = ()  # names of secrets in AWS Secrets Manager
    region: str | None = None
    endpoint_url: str | None = None


class Settings(Part):
    """The whole of a galaxy.yaml."""

    name: Name
    home: str = "galaxy"
    sources: tuple[Source, ...] = Field(min_length=1)
    shard_size: int = Field(default=1000, ge=1)
    images: Images = Images()
    uri_schemes: tuple[str, ...] = STORAGES
    within: tuple[str, ...] = ()  # local folders that no source may lead out of; none: anywhere
    http_hosts: tuple[str, ...] = ()  # that may be reached although their addresses are private
    s3: S3 = S3()
    task_tree: TaskTree
    clip: Clip = Clip()
    match: Match = Match()
    filter: str
    ask: str
    referees: dict[Name, str] = Field(min_length=1)
    cot: str | None = None  # the model that answers every sample step by step, too
    referee_sees: Literal["answer", "question"] = "answer"
    models: dict[Name, Model] = Field(min_length=1)
    ledger: str | None = None
    ledger_env: Variable | None = None  # the variable with its URL, where that holds a password
    partitions_per_run: int = Field(default=20, ge=1)  # at most; see docs/refresh.md
    engine: Engine | None = None  # this process and a local instance when absent
    budget: Budget = Budget()
    withdrawals: str | None = None
    dataset: Dataset = Dataset()
    task_space: TaskSpace = TaskSpace()
    rendering: Rendering = Rendering()
    evaluation: Evaluation = Evaluation()
    calibration: Calibration = Calibration()
    checks: Checks = Checks()
    schedule: Schedule = Schedule()
    notify: Notify = Notify()
    secrets: Secrets = Secrets()

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        problems = [*self._unknown_models(), *self._embedded_on_photos()]
        problems += [*self._engine_is_whole(), *self._videos_on_servers_of_pictures()]
        names = [source.name for source in self.sources]
        problems += [
            f"sources: the name {name!r} is given twice; names tell sources apart"
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        if self.dataset.min_score > len(self.referees):
            problems.append(
                f"dataset.min_score: is {self.dataset.min_score}, but there are only "
                f"{len(self.referees)} referees: no sample could ever pass"
            )
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_models(self) -> Iterable[str]:
        for place, name in self.model_uses():
            if name not in self.models:
                yield f"{place}: no model is called {name!r}; {did_you_mean(name, self.models)}"

    def _embedded_on_photos(self) -> Iterable[str]:
        """The embedded model knows what is on a picture from its scene graph alone."""
        uses = [
            place
            for place, name in self.dataset_model_uses()
            if place != "task_tree.model" and isinstance(self.models.get(name), EmbeddedModel)
        ]
        for source in self.sources:
            if uses and not isinstance(source, RenderedSource):
                yield (
                    f"sources.{source.name}: the embedded model answers from scene graphs, which "
                    f"only rendered pictures have; give {', '.join(uses)} a real model "
                    "(examples/openai.yaml shows how)"
                )

    def _videos_on_servers_of_pictures(self) -> Iterable[str]:
        """A server that vLLM starts refuses more images in a request than it was started for."""
        from tg_assets.task_space.generators import GENERATORS, kind_of
        from tg_assets.task_space.world import FRAMES

        named = self.evaluation.generators or GENERATORS
        videos = [generator for generator in named if kind_of(generator) == "video"]
        for name in self.evaluation.models if videos else ():
            limit = getattr(self.models.get(name), "limit_images", None)
            if limit is not None and limit < FRAMES:
                yield (
                    f"models.{name}.limit_images: is {limit}, and {videos[0]} shows {FRAMES} "
                    f"frames; raise it to {FRAMES}, or name evaluation.generators without videos"
                )

    def _engine_is_whole(self) -> Iterable[str]:
        if self.ledger is not None and self.ledger_env is not None:
            yield "ledger_env: the ledger's URL is given by `ledger` as well; leave one of them out"
        engine = self.engine
        if engine is None or engine.runs == "here":
            return
        if "://" not in self.home:
            yield f"home: runs on other machines cannot reach {self.home}; name an s3:// prefix"
        if self.ledger_env is None and not (self.ledger or "").startswith("postgresql"):
            yield (
                "ledger: runs on other machines share one on PostgreSQL; name it by `ledger_env`, "
                "the variable that holds its URL"
            )
        if engine.runs in ("kubernetes", "ecs") and getattr(engine, engine.runs) is None:
            yield f"engine.{engine.runs}: is missing; it says which image or task runs"

    def model_uses(self) -> Iterable[tuple[str, str]]:
        """Yield (place in the settings, model name) for every use of a model."""
        yield from self.dataset_model_uses()
        for number, model in enumerate(self.evaluation.models):
            yield f"evaluation.models.{number}", model

    def dataset_model_uses(self) -> Iterable[tuple[str, str]]:
        """Yield the uses of models that the dataset is made by; those evaluated add nothing."""
        yield "task_tree.model", self.task_tree.model
        yield "filter", self.filter
        yield "ask", self.ask
        for referee, model in self.referees.items():
            yield f"referees.{referee}", model
        if self.cot is not None:
            yield "cot", self.cot


def load_settings(path: str | Path | None = None, *, to_read: bool = False) -> Settings:
    """Load, resolve and validate a settings file.

    Args:
        path: The file; the embedded default when absent.
        to_read: Nothing will be asked, so that no model's key is needed.

    Returns:
        Settings whose paths are absolute (URLs stay as they are).

    Raises:
        SettingsError: With a line for each problem: the file, the key, what is wrong.
    """
    file = Path(path) if path is not None else EMBEDDED_SETTINGS
    raw = read_settings_file(file)
    base = Path.cwd() if file == EMBEDDED_SETTINGS else file.resolve().parent
    try:
        settings = _resolved(Settings.model_validate(_with_defaults(raw)), base)
    except ValidationError as error:
        raise _problems(file, explain(error, Settings)) from None
    except ValueError as error:
        raise _problems(file, [str(error)]) from None
    from tg_assets.settings_surroundings import missing_things  # which reads settings

    if settings.secrets.aws and not to_read:
        _fetch_secrets(file, settings)
    missing = list(missing_things(settings, to_read=to_read))
    if missing:
        raise _problems(file, missing)
    return settings


def _fetch_secrets(file: Path, settings: Settings) -> None:
    from resources.aws_secrets import SecretsError, fill_environment

    try:
        fill_environment(settings)
    except SecretsError as error:
        raise _problems(file, [str(error)]) from None


def _problems(file: Path, lines: Iterable[str]) -> SettingsError:
    return SettingsError("\n".join(f"{file}: {line}" for line in lines))


def _with_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """Every settings file may use the embedded model by its name without declaring it."""
    models = raw.get("models")
    if models is None or isinstance(models, dict):
        raw = {**raw, "models": {"embedded": {"provider": "embedded"}, **(models or {})}}
    return raw


def _absolute(key: str, path: str, base: Path) -> str:
    """Return the path that a key of the file gives as an absolute one; URLs stay as they are."""
    if "://" in path:
        return path
    try:
        return str((base / Path(path).expanduser()).absolute())
    except RuntimeError:
        raise ValueError(f"{key}: {path} names no user; write the whole path") from None


def _absolute_ledger(url: str | None, base: Path) -> str | None:
    """Return the ledger's URL with the path of an SQLite file made absolute."""
    prefix, _, path = (url or "").partition(":///")
    if prefix not in ("sqlite", "sqlite+pysqlite") or not path or path.startswith((":", "file:")):
        return url
    return f"{prefix}:///{_absolute('ledger', path, base)}"


def _absolute_weights(name: str, path: str | None, base: Path) -> str | None:
    """Return where a model's weights are: a folder as an absolute path, a name as it is."""
    if path is None:
        return None
    folder = _absolute(f"models.{name}.path", path, base)
    is_folder = path.startswith((".", "/", "~")) or Path(folder).is_dir()
    return folder if is_folder else path


def _resolved(settings: Settings, base: Path) -> Settings:
    def at(key: str, path: str | None) -> str | None:
        return None if path is None else _absolute(key, path, base)

    sources = tuple(resolved_source(source, at) for source in settings.sources)
    excluded = settings.images.excluded
    if excluded is not None:
        there = _absolute("images.excluded.path", excluded.path, base)
        excluded = excluded.model_copy(update={"path": there})
    seeds = settings.task_tree.seeds
    seeds = (
        str(SHIPPED_SEEDS[seeds])
        if seeds in SHIPPED_SEEDS
        else _absolute("task_tree.seeds", seeds, base)
    )
    accepted = at("task_tree.accepted", settings.task_tree.accepted)
    tree = settings.task_tree.model_copy(update={"seeds": seeds, "accepted": accepted})
    clip = settings.clip.model_copy(
        update={"checkpoint": at("clip.checkpoint", settings.clip.checkpoint)}
    )
    models = {
        name: model.model_copy(
            update={
                "path": _absolute_weights(name, model.path, base),
                "python": at(f"models.{name}.python", model.python),
            }
        )
        if isinstance(model, VllmModel)
        else model
        for name, model in settings.models.items()
    }
    library = tuple(
        folder if folder == SHIPPED_LIBRARY else _absolute("task_space.library", folder, base)
        for folder in settings.task_space.library
    )
    return settings.model_copy(
        update={
            "models": models,
            "task_space": settings.task_space.model_copy(update={"library": library}),
            "home": at("home", settings.home),
            "sources": sources,
            "within": tuple(_absolute("within", folder, base) for folder in settings.within),
            "images": settings.images.model_copy(update={"excluded": excluded}),
            "task_tree": tree,
            "clip": clip,
            "ledger": _absolute_ledger(settings.ledger, base),
            "withdrawals": at("withdrawals", settings.withdrawals),
        }
    )
