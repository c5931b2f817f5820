"""The models of a galaxy.yaml: which providers there are, and what each wants to be told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from resources.chat.money.prices import list_price
from tg_assets.settings_parts import VARIABLE, Part


class Price(Part):
    """Dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    source: str | None = None  # where it is from, and of when; for people


def with_list_price(raw: Any) -> Any:
    """Give a model's settings its list price where they name none and there is one.

    Args:
        raw: The settings of an OpenAI-compatible model before they are validated.
    """
    if not isinstance(raw, dict) or raw.get("price") is not None:
        return raw
    base_url = raw.get("base_url")
    listed = list_price(str(raw.get("model")), None if base_url is None else str(base_url))
    if listed is None:
        return {name: value for name, value in raw.items() if name != "price"}
    source = f"list price of {listed.date}, {listed.source}"
    return {**raw, "price": {"input": listed.input, "output": listed.output, "source": source}}


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
    price: Price  # the list price when the file names none
    base_url: str | None = None
    api_key_env: Annotated[str, Field(pattern=VARIABLE)] | None = "OPENAI_API_KEY"
    served_as: str | None = None  # how its replies name it, where that is another name
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: float | None = 0.0
    max_tokens: int = Field(default=2048, ge=16)
    max_image_side: int = Field(default=1024, ge=64)
    image_detail: Literal["auto", "low", "high"] = "auto"
    concurrency: int = Field(default=32, ge=1, le=4096)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    timeout_s: float = Field(default=120, gt=0)
    deadline_s: float | None = Field(default=None, gt=0)  # of a pass over one partition
    max_attempts: int = Field(default=5, ge=1)
    items_per_request: int = Field(default=10, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _at_list_price(cls, raw: Any) -> Any:
        return with_list_price(raw)


class OpenAIBatchModel(Part):
    """Any endpoint that speaks OpenAI's Batch API: cheaper, and answered within a day."""

    provider: Literal["openai-batch"]
    model: str
    price: Price  # the list price when the file names none; a batch pays its discount of it
    discount: float = Field(default=0.5, gt=0, le=1)
    base_url: str | None = None
    api_key_env: Annotated[str, Field(pattern=VARIABLE)] | None = "OPENAI_API_KEY"
    served_as: str | None = None  # how its replies name it, where that is another name
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: float | None = 0.0
    max_tokens: int = Field(default=2048, ge=16)
    max_image_side: int = Field(default=1024, ge=64)
    image_detail: Literal["auto", "low", "high"] = "auto"
    items_per_request: int = Field(default=10, ge=1)
    max_requests_per_file: int = Field(default=50_000, ge=1)
    max_bytes_per_file: int = Field(default=200_000_000, ge=1_000)
    max_open_jobs: int = Field(default=8, ge=1)
    max_attempts: int = Field(default=3, ge=1)
    completion_window: str = "24h"
    poll_s: float = Field(default=60, gt=0)
    timeout_s: float = Field(default=120, gt=0)
    wait: bool = True

    @model_validator(mode="before")
    @classmethod
    def _at_list_price(cls, raw: Any) -> Any:
        return with_list_price(raw)


class VllmModel(Part):
    """A model that vLLM serves on this machine's devices, started when it is asked.

    `model` is its name in the ledger and at the server; `path` is where its weights are, and may
    change without a question being asked again. Of the two lists of further arguments for
    ``vllm serve``, `model_args` holds those that shape replies (a chat template, a quantization),
    `server_args` those that do not.
    """

    provider: Literal["vllm"]
    model: str
    path: str | None = None  # a folder or a name at the hub; the model's name when absent
    python: str | None = None  # an environment's folder or interpreter; the running one when absent
    tensor_parallel: int = Field(default=1, ge=1)
    devices: int | None = Field(default=None, ge=0)  # as many as tensor_parallel when absent
    dtype: str = "auto"
    max_model_len: int | None = Field(default=None, ge=1)
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
    api_server_count: int = Field(default=1, ge=1)
    limit_images: int | None = Field(default=1, ge=1)
    images: Literal["uuid", "base64"] = "uuid"
    model_args: tuple[str, ...] = ()
    server_args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default={})
    idle_s: float = Field(default=300, ge=0)
    start_timeout_s: float = Field(default=1800, gt=0)
    wait_s: float = Field(default=3600, ge=0)  # for devices that others use
    price: Price = Price(input=0, output=0)
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: float | None = 0.0
    max_tokens: int = Field(default=1024, ge=16)
    max_image_side: int = Field(default=1024, ge=64)
    image_detail: Literal["auto", "low", "high"] = "auto"
    concurrency: int = Field(default=128, ge=1, le=4096)
    timeout_s: float = Field(default=600, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    items_per_request: int = Field(default=10, ge=1)


Model = Annotated[
    EmbeddedModel | OpenAIModel | OpenAIBatchModel | VllmModel, Field(discriminator="provider")
]
