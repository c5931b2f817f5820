"""Lets the tests of this folder import what tests share whatever the import mode."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))
