"""Where the parts of a small cluster are found."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers", HERE.parent / "refresh"):
    sys.path.insert(0, str(folder))
