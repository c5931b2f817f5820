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
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    temperature: float | None = 0.0
    max_tokens: int = Field(default=2048, ge=16)
    max_image_side: int = Field(default=1024, ge=64)
    image_detail: Literal["auto", "low", "high"] = "auto"
    concurrency: int = Field(default=32, ge=1, le=4096)
    timeout_s: float = Field(default=120, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    items_per_request: int = Field(default=10, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _at_list_price(cls, raw: Any) -> Any:
        return with_list_price(raw)


Model = Annotated[EmbeddedModel | OpenAIModel, Field(discriminator="provider")]
