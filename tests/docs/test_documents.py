"""What the documents show is what the definitions say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_graph_in_the_documents_is_that_of_the_definitions() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.draw_graph", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
