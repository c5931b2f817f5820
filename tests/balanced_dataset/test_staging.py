from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tg_assets.balanced_dataset.staging import replaced_folder


def test_a_folder_appears_whole_and_replaces_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    for text in ("old", "new"):
        with replaced_folder(target) as folder:
            (folder / text).write_text(text)
            assert not (target / text).exists()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in target.parent.iterdir()] == ["folder"]


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with replaced_folder(target) as folder:
        (folder / "kept").touch()

    def fail() -> None:
        with replaced_folder(target) as folder:
            (folder / "half").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [path.name for path in target.iterdir()] == ["kept"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    target = tmp_path / "folder"
    script = (
        "import sys, time; from pathlib import Path\n"
        "from tg_assets.balanced_dataset.staging import replaced_folder\n"
        "with replaced_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').touch(); print(folder.name, flush=True); time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(target)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    partial = tmp_path / process.stdout.readline().strip()
    with replaced_folder(target):
        pass
    assert (partial / "half").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with replaced_folder(target):
        pass
    assert not partial.exists()
