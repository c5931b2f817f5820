"""Lets the tests of this folder import their pictures and servers whatever the import mode."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "servers"):
    sys.path.insert(0, str(folder))
