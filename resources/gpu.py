"""Leasing the machine's GPUs: one holder a device, by a lock that dies with its holder.

A Dagster pool keeps too many steps from starting, but it counts steps, not devices, and a killed
run keeps its slot for a while. The device itself is leased here, by a lock of the operating system
on a file, before torch or vLLM are loaded and choose a device. Whoever waits for a device says so
by a second lock, so that a holder which nobody uses (`resources.vllm.keeper`) can give way.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL_S = 0.2
SAY_EVERY_S = 10.0


class NoDevice(RuntimeError):  # noqa: N818 - a state, not a fault
    """More devices are wanted than the machine has, or none came free in time."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Devices that are held.

    Attributes:
        devices: Their names, as ``CUDA_VISIBLE_DEVICES`` takes them; empty on a machine without.
        locks: Descriptors of their locks; the devices are held until all copies are closed, those
            that a child inherits too.
    """

    devices: tuple[str, ...]
    locks: tuple[int, ...] = ()


def machine_devices() -> tuple[str, ...]:
    """Return the devices that this process may use: those made visible, else all there are."""
    visible = os.environ.get(VISIBLE)
    if visible is not None:
        return tuple(name for name in visible.split(",") if name.strip())
    names = (path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    return tuple(sorted(re.findall(r"\d+", name)[0] for name in names))


def named_device(device: str) -> tuple[str, ...] | None:
    """Return the one device that ``cuda:<n>`` names among the machine's; none: any will do.

    Raises:
        NoDevice: The machine has no device of that number.
    """
    _, _, number = device.partition(":")
    there = machine_devices()
    if not number or not there:
        return None
    if int(number) >= len(there):
        raise NoDevice(f"{device} is wanted, this machine has {len(there)} GPUs: {there}")
    return (there[int(number)],)


def lock_folder() -> Path:
    """Return where the locks lie: devices are the machine's, so the folder is, too."""
    return Path(tempfile.gettempdir()) / f"taskgalaxy-gpu-{os.getuid()}"


@contextmanager
def lease(
    count: int,
    devices: Sequence[str] | None = None,
    folder: Path | None = None,
    timeout_s: float = 3600.0,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Lease]:
    """Hold `count` devices, and make them the only ones that are visible.

    Args:
        count: How many devices.
        devices: Which there are; the machine's when absent.
        folder: Where the locks lie; the machine's when absent.
        timeout_s: How long to wait for devices that others hold.
        say: Told every ten seconds what is waited for.

    Yields:
        The lease. On a machine without GPUs it is empty, and nothing is waited for.

    Raises:
        NoDevice: The machine has too few devices, or others held them all the time.
    """
    there = tuple(machine_devices() if devices is None else devices)
    if not there:
        yield Lease(())
        return
    if count > len(there):
        raise NoDevice(f"{count} GPUs are wanted, this machine has {len(there)}: {there}")
    there = _within_reach(there, count)
    held = _wait(count, there, folder or lock_folder(), timeout_s, say)
    before = os.environ.get(VISIBLE)
    os.environ[VISIBLE] = ",".join(held)
    if not _cuda_runs():
        _bound_to[:] = held
    try:
        yield Lease(tuple(held), tuple(held.values()))
    finally:
        if before is None:
            os.environ.pop(VISIBLE, None)
        else:
            os.environ[VISIBLE] = before
        for descriptor in held.values():
            os.close(descriptor)


_bound_to: list[str] = []


def _within_reach(devices: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Leave out devices that this process cannot use any more.

    CUDA looks at what is visible when it starts and never again: a process that has computed on
    one leased device would go on doing so while it held another.
    """
    if not _cuda_runs() or not _bound_to:
        return devices
    if count != len(_bound_to) or not set(_bound_to) <= set(devices):
        raise NoDevice(
            f"this process has used the GPUs {_bound_to} and can use no others: {count} of "
            f"{devices} have to be leased by a process of their own"
        )
    return tuple(_bound_to)


def _cuda_runs() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())


def lease_now(count: int, devices: Sequence[str], folder: Path | None = None) -> Lease | None:
    """Hold `count` devices if they are free this moment, else none; nothing becomes visible.

    The caller closes the lease's locks to give the devices back.
    """
    held = _try(count, devices, folder or lock_folder())
    return None if held is None else Lease(tuple(held), tuple(held.values()))


@contextmanager
def wished_for(devices: Sequence[str], folder: Path | None = None) -> Iterator[None]:
    """Let the holders of devices know that somebody waits for them, as long as this lasts."""
    folder = folder or lock_folder()
    wishes = [_open(folder, f"{device}.wanted") for device in devices]
    try:
        for wish in wishes:
            fcntl.flock(wish, fcntl.LOCK_SH)
        yield
    finally:
        for wish in wishes:
            os.close(wish)


def is_wished_for(devices: Sequence[str], folder: Path | None = None) -> bool:
    """Whether somebody waits for one of the devices; their holder asks this."""
    folder = folder or lock_folder()
    for device in devices:
        wish = _open(folder, f"{device}.wanted")
        try:
            fcntl.flock(wish, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(wish)
    return False


def _wait(
    count: int,
    devices: Sequence[str],
    folder: Path,
    timeout_s: float,
    say: Callable[[str], None],
) -> dict[str, int]:
    held = _try(count, devices, folder)
    if held is not None:
        return held
    with wished_for(devices, folder):
        return _wait_with_a_wish(count, devices, folder, timeout_s, say)


def _wait_with_a_wish(
    count: int,
    devices: Sequence[str],
    folder: Path,
    timeout_s: float,
    say: Callable[[str], None],
) -> dict[str, int]:
    started = said = time.monotonic()
    while True:
        held = _try(count, devices, folder)
        if held is not None:
            return held
        now = time.monotonic()
        if now - started > timeout_s:
            raise NoDevice(f"no {count} of the GPUs {devices} came free within {timeout_s:g} s")
        if now - said >= SAY_EVERY_S:
            said = now
            names = ", ".join(devices)
            say(f"waiting for {count} GPUs of {names}, {now - started:.0f} s so far")
        time.sleep(POLL_S)


def _try(count: int, devices: Sequence[str], folder: Path) -> dict[str, int] | None:
    """Lock `count` devices at once, or none: nobody holds one while waiting for another."""
    held: dict[str, int] = {}
    for device in devices:
        descriptor = _open(folder, f"{device}.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        held[device] = descriptor
        if len(held) == count:
            return held
    for descriptor in held.values():
        os.close(descriptor)
    return None


def _open(folder: Path, name: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
