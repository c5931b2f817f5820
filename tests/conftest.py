"""What holds for all tests: the gate draws the same examples every time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("gate", derandomize=True)
if os.environ.get("TG_NO_SKIP") == "1":
    settings.load_profile("gate")
