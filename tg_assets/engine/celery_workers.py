"""Starting a Celery worker on the project's application."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from typing import NoReturn

from tg_assets.settings_engine import Engine


def become_worker(engine: Engine, concurrency: int, queues: str) -> NoReturn:
    """Become a worker, until it is told to end."""
    os.environ["TG_WORKERS_BROKER"] = os.environ[engine.broker_env]
    name = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
    words = ["-A", "tg_assets.engine.celery_app", "worker", "--pool", "prefork", "-Q", queues]
    words += ["-c", str(concurrency), "-n", name, "--loglevel", "WARNING", "--without-gossip"]
    command = [sys.executable, "-m", "celery", *words]
    os.execv(command[0], command)
