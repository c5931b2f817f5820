"""What holds for all tests: the gate draws the same examples every time."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("project", deadline=None)  # the machine may be busy
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate" if os.environ.get("TG_NO_SKIP") == "1" else "project")
