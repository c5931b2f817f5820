"""The same inputs make the same files, in another process with another hash seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from small_galaxy import decode, facts, galaxy, tree
from tg_assets.balanced_dataset.export_huggingface import export_huggingface
from tg_assets.balanced_dataset.export_llava import export_llava
from tg_assets.balanced_dataset.plots import plot_votes
from tg_assets.balanced_dataset.report import render_report
from tg_assets.balanced_dataset.subsets import Subset

out = Path(sys.argv[1])
made = galaxy(images=20)
samples = made.samples if sys.argv[2] == "forward" else made.samples.reverse()
subsets = [Subset("few", 2), Subset("capped", max_per_type=2), Subset("images", 4, 6)]
export_llava(samples, out, made.read, decode)
export_huggingface(samples, out, made.read, decode, facts(), subsets=subsets, shard_bytes=900)
thumbnail = next(iter(made.images.values()))
page = render_report(facts(), samples, tree(6), lambda image_id: thumbnail)
(out / "report.html").write_text(page)
(out / "votes.png").write_bytes(plot_votes(samples))
"""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_exports_and_report_are_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = SCRIPT.format(paths=[str(here), str(here.parents[1])])
    processes = []
    for seed, order in (("0", "forward"), ("4711", "backward")):
        (tmp_path / seed).mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", script, str(tmp_path / seed), order]
        processes.append(subprocess.Popen(command, env=environment))
    assert [process.wait() for process in processes] == [0, 0]
    first, second = digests(tmp_path / "0"), digests(tmp_path / "4711")
    assert len(first) > 25
    assert first == second
