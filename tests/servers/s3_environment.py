"""The environment in which fsspec reaches an S3 server of the tests, and nothing else."""

from __future__ import annotations

import fsspec.config
import pytest

VARIABLES = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
    "FSSPEC_S3": "",
}


def use_keys_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set keys that any server of the tests takes, and forget what the machine says of S3."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setitem(fsspec.config.conf, "s3", {})
