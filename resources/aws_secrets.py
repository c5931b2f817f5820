"""Keys from AWS Secrets Manager: put into the environment, where everything else looks for them.

Only variables that the settings name as those of a key or a webhook are taken, and one that is set
already wins, so that a person can override what is stored.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from resources.secrets import variables_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tg_assets.settings import Settings


class SecretsError(ValueError):
    """A secret cannot be had; the message names the secret and says why, and holds none."""


def fill_environment(settings: Settings) -> None:
    """Set the variables that the settings name and that are not set.

    Args:
        settings: Its `secrets` name the secrets: each a JSON object of variables and their values.

    Raises:
        SecretsError: A secret is not there, may not be read, or is no such object.
    """
    wanted = {name for name in variables_of(settings) if not os.environ.get(name)}
    if not wanted:
        return
    where = settings.secrets
    for secret in where.aws:
        for name, value in _fetched(secret, where.region, where.endpoint_url).items():
            if name in wanted:
                os.environ[name] = value


@lru_cache(maxsize=64)
def _fetched(secret: str, region: str | None, endpoint_url: str | None) -> Mapping[str, str]:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise SecretsError(
            "secrets.aws: AWS Secrets Manager needs a package: pip install 'taskgalaxy[aws]'"
        ) from None
    try:
        client: Any = boto3.client("secretsmanager", region_name=region, endpoint_url=endpoint_url)
        text = client.get_secret_value(SecretId=secret).get("SecretString")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error without a code")
        raise SecretsError(f"secrets.aws: {secret}: AWS Secrets Manager answers {code}") from None
    except BotoCoreError as error:
        raise SecretsError(
            f"secrets.aws: {secret}: AWS Secrets Manager cannot be asked: {type(error).__name__}; "
            "check region, endpoint_url and credentials"
        ) from None
    return _variables(secret, text)


def _variables(secret: str, text: str | None) -> Mapping[str, str]:
    try:
        said = orjson.loads(text or "")
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise SecretsError(
            f"secrets.aws: {secret} is no JSON object of variables and their values, such as "
            '{"OPENAI_API_KEY": "..."}'
        )
    return said
