"""The command line of ``vllm serve`` and its environment, from the settings of a model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from resources.gpu import VISIBLE, lock_folder, machine_devices
from resources.vllm.order import CPU, Order
from tg_assets.ids import digest
from tg_assets.settings_models import VllmModel

COMPACT_JSON = {"backend": "xgrammar", "disable_any_whitespace": True}
"""Left free, a model may fill its whole reply with the blanks that JSON allows."""
OF_ANOTHER_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class NoVllm(RuntimeError):  # noqa: N818 - a state, not a fault
    """The Python environment that the settings name has no vLLM."""


def order_of(settings: VllmModel, log: Path, folder: Path, locks: Path | None = None) -> Order:
    """Return the order for a model of the settings.

    Args:
        settings: The model.
        log: The file that takes what vLLM says, should this run be the one that starts it.
        folder: Where keepers meet runs.
        locks: Folder of the devices' locks; the machine's when absent.

    Raises:
        NoVllm: Its environment has no vLLM.
    """
    command = [*program(settings.python), "serve", *arguments(settings)]
    there = list(machine_devices()) or [CPU]
    devices = devices_of(settings)
    return Order(
        key=digest("vllm", json.dumps([command, dict(settings.env), devices, there]))[:16],
        model=settings.model,
        command=command,
        env=environment(Path(command[0]).parent, settings.env),
        devices=min(devices, 1) if there == [CPU] else devices,
        there=there,
        locks=str(locks or lock_folder()),
        folder=str(folder),
        log=str(log),
        start_timeout_s=settings.start_timeout_s,
        wait_s=settings.wait_s,
    )


def program(python: str | None) -> tuple[str, str]:
    """Return the interpreter and the program ``vllm`` of an environment.

    Args:
        python: The environment's folder, or its interpreter; the running one's when absent.

    Raises:
        NoVllm: There is no such program.
    """
    path = Path(python or sys.executable)
    interpreter = path / "bin" / "python" if path.is_dir() else path
    vllm = interpreter.parent / "vllm"
    if not vllm.exists():
        raise NoVllm(f"there is no {vllm}; install it there: {interpreter} -m pip install vllm")
    return str(interpreter), str(vllm)


def devices_of(settings: VllmModel) -> int:
    """Return how many devices a model needs."""
    return settings.tensor_parallel if settings.devices is None else settings.devices


def arguments(settings: VllmModel) -> list[str]:
    """Return the arguments of ``vllm serve``, host and port left to the keeper."""
    said = [settings.path or settings.model, "--served-model-name", settings.model]
    said += ["--dtype", settings.dtype, "--tensor-parallel-size", str(settings.tensor_parallel)]
    said += ["--gpu-memory-utilization", str(settings.gpu_memory_utilization)]
    if settings.max_model_len is not None:
        said += ["--max-model-len", str(settings.max_model_len)]
    if settings.api_server_count > 1:
        said += ["--api-server-count", str(settings.api_server_count)]
    if settings.limit_images is not None:
        said += ["--limit-mm-per-prompt", json.dumps({"image": settings.limit_images})]
    said += ["--structured-outputs-config", json.dumps(COMPACT_JSON)]
    said += ["--disable-uvicorn-access-log"]
    return [*said, *settings.model_args, *settings.server_args]


def environment(programs: Path, added: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment for the programs of another, without what is for its own.

    Args:
        programs: The folder of the other environment's programs, which are found first.
        added: What the settings add.
    """
    env = {name: value for name, value in os.environ.items() if name not in OF_ANOTHER_PYTHON}
    env["PATH"] = os.pathsep.join([str(programs), env.get("PATH", os.defpath)])
    env.pop(VISIBLE, None)  # the keeper sets what it leased
    return env | dict(added)
