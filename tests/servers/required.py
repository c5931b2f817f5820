"""What a test needs and may not find: a skip where people work, a failure where all is there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test, visibly; with ``TG_NO_SKIP=1`` fail it."""
    if os.environ.get("TG_NO_SKIP") == "1":
        pytest.fail(f"{what}, and TG_NO_SKIP=1 forbids to skip", pytrace=False)
    pytest.skip(what)
