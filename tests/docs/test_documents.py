"""What the documents show is what the definitions say."""

import subprocess
import sys
from pathlib import Path

from docs.pin_constraints import FILE, problems

ROOT = Path(__file__).parents[2]


def test_what_is_deployed_is_pinned_to_versions_that_the_project_wants() -> None:
    text = FILE.read_text("utf-8")
    assert list(problems(text)) == []
    assert list(problems(text.replace("dagster==", "dagster==0.")))
    assert list(problems(f"{text}evil @ https://example.org/evil.whl\n"))


def test_the_graph_in_the_documents_is_that_of_the_definitions() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.draw_graph", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
