"""Lets the tests of this folder import their library; leaves out what needs Blender."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# Blender is a download of 370 MB for one version of Python: its own tests run where
# TG_BLENDER_PYTHON names a Python that has it, and are not there elsewhere.
collect_ignore = [] if os.environ.get("TG_BLENDER_PYTHON") else ["test_real_blender.py"]
