"""What every part of the settings is, and how its names are written."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[a-z0-9][a-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME)]


class Part(BaseModel):
    """A part of the settings: unknown keys are refused, values cannot change after load."""

    model_config = ConfigDict(extra="forbid", frozen=True)
