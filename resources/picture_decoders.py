"""Pictures read, decoded and fitted beside the model, so that it never waits for a disk.

A few pictures are decoded by threads, many by processes: a process costs seconds to start and then
shares no interpreter with the model. Fitted pictures travel through pipes as the bytes that they
are. What is under way is bounded, whatever the size of the shard.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

from resources.clip_pictures import Fit, Pixels
from tg_assets.image_pool.decoding import BadImage
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable, read_registered

PROCESSES_FROM = 2000
"""From so many pictures of one run on, processes are worth the seconds that they take to start."""

CHUNK = 8
"""Pictures that a process is handed at once."""

MOST_THREADS = 8
"""More would mostly wait for the interpreter that they share with the model."""

_LOSSES = 3
_PRELOADED = ["torch", "resources.picture_decoders"]


class DecodersDied(RuntimeError):  # noqa: N818 - it says what happened
    """The processes that decode pictures died again and again; the message says over what."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An image of the pool, as its rows have it.

    Attributes:
        image_id: Its id.
        uri: Where it is.
    """

    image_id: str
    uri: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """What became of an image.

    Attributes:
        image_id: Its id.
        pixels: The picture as the model takes it; none when there is none.
        reason: Why there is none.
    """

    image_id: str
    pixels: Pixels | None
    reason: str | None = None


class PictureDecoders:
    """Decodes pictures ahead of whoever takes them; kept as long as a process embeds.

    Args:
        workers: Threads (at most 8), then processes; as many as this process has processors when
            absent. Each holds a file and its decoded picture, at most about half a gigabyte.
        processes_from: From how many pictures in all on processes are used.
    """

    def __init__(self, workers: int | None = None, processes_from: int = PROCESSES_FROM) -> None:
        self.workers = workers or _processors()
        self._processes_from = processes_from
        self._asked_for = 0
        self._executor: Executor | None = None

    def fitted(self, images: Sequence[Registered], fit: Fit, ahead: int = 64) -> Iterator[Fitted]:
        """Yield each image in order.

        Args:
            images: What to read. An image that is gone, that changed since it was registered, or
                that cannot be decoded is yielded with that reason.
            fit: How pictures become as large as the model's input.
            ahead: How many fitted pictures may wait to be taken.

        Raises:
            DecodersDied: Processes were killed again and again, as a machine short of memory does.
            OSError: The machine or the storage fails, which says nothing about the images.
        """
        self._asked_for += len(images)
        todo = _chunks(images)
        room = 2 * self.workers + -(-ahead // CHUNK)
        waiting = deque((part, self._submit(part, fit)) for part in islice(todo, room))
        losses = 0
        try:
            while waiting:
                part, found = waiting[0]
                try:
                    done = found.result()
                except BrokenProcessPool as error:
                    losses += 1
                    if losses == _LOSSES:
                        raise _died(part, losses) from error
                    self.close()
                    waiting = deque((part, self._again(part, old, fit)) for part, old in waiting)
                    continue
                losses = 0
                waiting.popleft()
                waiting.extend((part, self._submit(part, fit)) for part in islice(todo, 1))
                yield from done
        finally:
            for _, found in waiting:
                found.cancel()

    def close(self) -> None:
        """End the threads or processes; the next picture starts them again."""
        executor, self._executor = self._executor, None
        if executor is not None:
            # the thread of a pool that broke may never end: python/cpython#94777
            broken = bool(getattr(executor, "_broken", False))
            executor.shutdown(wait=not broken, cancel_futures=True)

    def _submit(self, part: Sequence[Registered], fit: Fit) -> Future[list[Fitted]]:
        try:
            return self._running().submit(fit_registered, part, fit)
        except BrokenProcessPool as error:  # known before it was asked: the same news
            broken: Future[list[Fitted]] = Future()
            broken.set_exception(error)
            return broken

    def _again(
        self, part: Sequence[Registered], old: Future[list[Fitted]], fit: Fit
    ) -> Future[list[Fitted]]:
        survived = old.done() and not old.cancelled() and old.exception() is None
        return old if survived else self._submit(part, fit)

    def _running(self) -> Executor:
        many = self._asked_for >= self._processes_from
        if many and isinstance(self._executor, ThreadPoolExecutor):
            self.close()
        if self._executor is None:
            self._executor = self._processes() if many else self._threads()
        return self._executor

    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(min(self.workers, MOST_THREADS), thread_name_prefix="decode")

    def _processes(self) -> ProcessPoolExecutor:
        # Never forked from here: torch and CUDA have threads, and a lease's lock would live on in
        # a child. The server that forks them has loaded what they need and nothing else.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        return ProcessPoolExecutor(self.workers, context, _begin)


def fit_registered(images: Sequence[Registered], fit: Fit) -> list[Fitted]:
    """Read and fit images, each with its picture or its reason."""
    return [_fitted(image, fit) for image in images]


def _fitted(image: Registered, fit: Fit) -> Fitted:
    try:
        return Fitted(image.image_id, fit.of_file(read_registered(image.uri, image.image_id)))
    except (ImageChanged, ImageUnreadable, BadImage) as error:
        return Fitted(image.image_id, None, str(error))


def _chunks(images: Sequence[Registered]) -> Iterator[Sequence[Registered]]:
    return (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _begin() -> None:
    """Set up a process: it leaves Ctrl-C to its parent, and ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _died(part: Sequence[Registered], losses: int) -> DecodersDied:
    uris = ", ".join(image.uri for image in part)
    return DecodersDied(
        f"the processes that decode pictures were killed {losses} times in a row, or could not "
        "start. Most often the machine is short of memory: set clip.decode_workers lower. Else "
        f"one of these pictures ends its decoder, withdraw it: {uris}"
    )
