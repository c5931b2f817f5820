"""What must never be written: the secrets of this process's environment and of the settings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from tg_assets.settings import Settings

STRUCK_OUT = "***"
AWS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SHORTEST = 6
"""Shorter ones are no secrets, and striking them out would spoil ordinary words."""


def variables_of(settings: Settings) -> set[str]:
    """Return the environment variables that the settings name as those of secrets."""
    names = {getattr(model, "api_key_env", None) for model in settings.models.values()}
    return {name for name in (*names, settings.notify.webhook_env) if name}


def secrets_of(settings: Settings) -> list[str]:
    """Return every secret that the settings and the environment hold, the longest first."""
    found = {os.environ.get(name, "") for name in (*variables_of(settings), *AWS)}
    password = urlsplit(settings.ledger).password if settings.ledger else None
    if password:
        found |= {password, unquote(password), quote(unquote(password), safe="")}
    return sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text with the secrets struck out."""
    for secret in secrets:
        text = text.replace(secret, STRUCK_OUT)
    return text
