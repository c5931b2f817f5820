"""Everything an asset is given: settings, tables, models with their ledger, the encoder.

Each part is made when it is first used and kept for the life of the process, so that partitions
that run in one process share one ledger connection and one load of a model.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from resources.chat.embedded import EmbeddedChat
from resources.chat.ledger import Ledger
from resources.chat.limits.budget import Budget
from resources.chat.messages import ChatModel
from resources.device import free_memory
from resources.gpu import lease, named_device
from tg_assets.image_pool.storages import use_s3
from tg_assets.partitions import IMAGE_SHARD, TASK_BATCH, Registered
from tg_assets.settings import EmbeddedModel, OpenAIBatchModel, Settings, VllmModel
from tg_assets.tables_io import TableStore

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource

    from resources.clip import ClipEncoder
    from resources.picture_decoders import PictureDecoders
    from resources.vllm.warm_server import Surroundings
    from tg_assets.scenes.graph import Scene
    from tg_assets.scenes.worlds import Renderer
    from tg_assets.task_space.libraries import OpenLibrary

SCENES_KEPT = 4096


class Galaxy:
    """The resource of every asset.

    Args:
        settings: The validated settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        use_s3(settings.s3)
        if {"http", "https"} & set(settings.uri_schemes):
            from tg_assets.image_pool.public_hosts import use_http

            use_http(settings.http_hosts)
        self.tables = TableStore(settings.home)
        self._held = ExitStack()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: the settings' URL, else SQLite beside the tables."""
        return Ledger(ledger_url(self.settings))

    @cached_property
    def budget(self) -> Budget:
        """What may be spent; `per_run_usd` counts as long as this object lives."""
        return Budget(self.settings.budget.total_usd, self.settings.budget.per_run_usd)

    @cached_property
    def library(self) -> OpenLibrary:
        """The objects that tasks with known answers are made of."""
        from tg_assets.task_space.libraries import opened

        return opened(self.settings.task_space.library)

    @cached_property
    def renderer(self) -> Renderer:
        """Draws worlds of the library; what was drawn is kept beside the ledger, bounded."""
        cache = Path(state_folder(self.settings)) / "renders"
        return self.settings.rendering.renderer(self.library.library, cache)

    @cached_property
    def s3(self) -> S3Resource:
        """S3 as Dagster's own resource reaches it, for what goes there in bulk."""
        from dagster_aws.s3 import S3Resource

        said = self.settings.s3
        return S3Resource(endpoint_url=said.endpoint_url, region_name=said.region)

    @cached_property
    def encoder(self) -> ClipEncoder:
        """The CLIP encoder of the settings, on a GPU leased for as long as it lives."""
        from resources.clip import ClipEncoder
        from resources.clip_settings import clip_settings

        settings = clip_settings(self.settings.clip)
        if settings.device != "cpu":
            self._held.enter_context(lease(1, named_device(settings.device)))
            # The leased device is the only one that is visible from here: it has no number.
            settings = replace(settings, device=settings.device.split(":")[0])
        encoder = ClipEncoder(settings)
        self._held.callback(encoder.close)  # before the lease ends
        return encoder

    @cached_property
    def picture_decoders(self) -> PictureDecoders:
        """What reads and decodes pictures for the encoder."""
        from resources.picture_decoders import PictureDecoders

        decoders = PictureDecoders(self.settings.clip.decode_workers)
        self._held.callback(decoders.close)
        return decoders

    @cached_property
    def encoder_recipe(self) -> list[str]:
        """What determines embeddings, told without a GPU and without loading the model."""
        from resources.clip import ClipEncoder
        from resources.clip_settings import clip_settings

        settings = clip_settings(self.settings.clip)
        return [ClipEncoder(settings).fingerprint(), settings.label_template]

    def release_encoder(self) -> None:
        """Give the encoder's GPU and decoders back; the next use starts them again."""
        self.__dict__.pop("encoder", None)
        self.__dict__.pop("picture_decoders", None)
        free_memory()
        self._held.close()

    def close(self) -> None:
        """Give back what is held: the GPU, and the ledger's connections."""
        self.release_encoder()
        if "ledger" in self.__dict__:
            self.__dict__.pop("ledger").close()

    def chat_model(self, name: str) -> ChatModel:
        """Return the chat model that the settings call `name`."""
        model = self.settings.models[name]
        if isinstance(model, EmbeddedModel):
            return EmbeddedChat(name, model, self.scene)
        if isinstance(model, OpenAIBatchModel):
            from resources.chat.batch.model import BatchChat

            return BatchChat(name, model)
        if isinstance(model, VllmModel):
            from resources.vllm.chat import VllmChat

            return VllmChat(name, model, self._vllm)
        from resources.chat.openai_compatible import OpenAIChat

        return OpenAIChat(name, model)

    @cached_property
    def _vllm(self) -> Surroundings:
        """What the models that vLLM serves share; each holds its server during a pass alone."""
        from resources.vllm.warm_server import Surroundings

        return Surroundings(Path(state_folder(self.settings)) / "vllm", self.release_encoder)

    def scene(self, image_id: str) -> Scene | None:
        """Return the scene graph of a rendered image, null for any other."""
        if self.settings.task_space.library:
            self.library.version  # noqa: B018 - the scenes' objects are explained from it
        return self._scene(image_id)

    @cached_property
    def _scene(self) -> SceneReader:
        return SceneReader(self.tables)

    def registered(self, instance: dg.DagsterInstance) -> Registered:
        """Return the partitions that are registered on an instance now."""
        return Registered(
            shards=sorted(instance.get_dynamic_partitions(IMAGE_SHARD)),
            batches=sorted(instance.get_dynamic_partitions(TASK_BATCH)),
            referees=sorted(self.settings.referees),
        )


class SceneReader:
    """Finds scene graphs by image id; new shards are noticed, parsed scenes are kept, bounded."""

    def __init__(self, tables: TableStore) -> None:
        from tg_assets.scenes.graph import Scene

        self._tables = tables
        self._texts: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._parsed = lru_cache(maxsize=SCENES_KEPT)(Scene.from_json)

    def __call__(self, image_id: str) -> Scene | None:
        """Return the scene of an image, null when it has none."""
        if image_id not in self._texts:
            self._read_new_shards()
        text = self._texts.get(image_id)
        return None if text is None else self._parsed(text)

    def _read_new_shards(self) -> None:
        for shard in self._tables.partitions("scenes"):
            stamp = self._tables.stamp("scenes", shard)
            if stamp is None or self._versions.get(shard) == stamp.version:
                continue
            rows = self._tables.read("scenes", shard)
            self._texts.update(rows.select("image_id", "scene").iter_rows())
            self._versions[shard] = stamp.version


STATE_VARIABLE = "TG_STATE"
"""Environment variable that names the folder for local state where the home is a bucket."""


def state_folder(settings: Settings) -> str:
    """Return the local folder for what must lie on a local disk: ledger, locks, instance."""
    home = settings.home
    if "://" not in home:
        return f"{home}/state"
    return os.path.join(os.environ.get(STATE_VARIABLE, "galaxy-state"), settings.name)


def ledger_url(settings: Settings) -> str:
    """Return where the ledger is: the settings' URL, else SQLite beside the tables."""
    if settings.ledger_env is not None:
        return os.environ[settings.ledger_env]
    return settings.ledger or f"sqlite:///{state_folder(settings)}/ledger.sqlite"
