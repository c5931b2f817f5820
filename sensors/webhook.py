"""Telling a webhook: a small JSON object, without secrets; its URL is in the environment."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from typing import Any

import orjson

from resources.secrets import secrets_of, without
from tg_assets.settings import Settings

TIMEOUT_S = 10.0


class WebhookError(RuntimeError):
    """Nobody was told; the message says why, and never the URL, which is a secret."""


def is_set(settings: Settings) -> bool:
    """Whether there is somebody to tell."""
    variable = settings.notify.webhook_env
    return variable is not None and bool(os.environ.get(variable))


def tell(settings: Settings, event: str, facts: dict[str, Any]) -> None:
    """Post an event.

    Args:
        settings: Name the variable that holds the URL, and the secrets that are struck out.
        event: What happened.
        facts: What there is to know about it.

    Raises:
        WebhookError: Nobody took it.
    """
    variable = settings.notify.webhook_env or ""
    said = {"galaxy": settings.name, "event": event, **facts}
    body = without(orjson.dumps(said).decode(), secrets_of(settings)).encode()
    headers = {"content-type": "application/json"}
    try:
        request = urllib.request.Request(os.environ[variable], body, headers)
        if request.type not in ("http", "https"):
            raise WebhookError(f"{variable} holds no http or https URL")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        raise WebhookError(f"the webhook of {variable} answered {error.code}") from None
    except (OSError, ValueError, KeyError) as error:
        raise WebhookError(
            f"the webhook of {variable} cannot be reached: {type(error).__name__}"
        ) from None
