"""Lets the tests of this folder import what tests share whatever the import mode."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers"):
    sys.path.insert(0, str(folder))

# a minute and a half of waiting for a browser: wanted with TG_LONG=1, not on every run
collect_ignore = [] if os.environ.get("TG_LONG") else ["test_ui_backfill.py"]
