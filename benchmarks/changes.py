"""Shows what each kind of change runs and what it asks again, on a small galaxy.

    python -m benchmarks.changes --json
    python -m benchmarks.changes --write     # puts the table into docs/refresh.md

The galaxy is real (settings file, tables, ledger, Dagster instance, models behind HTTP); the
changes are made one after the other, each followed by one pass, and counted by the log of the
server that was asked; `tests/refresh/test_changes.py` measures the first of them again. Every image
is matched to every task type, so that the counts are the same on every machine; a galaxy with more
task types than `match.top_k` asks about fewer pairs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from aiohttp import web

from resources.galaxy import Galaxy
from tg_assets.ids import digest
from tg_assets.pass_report import PassReport
from tg_assets.serving import SceneServer
from tg_assets.settings import load_settings
from tg_assets.walk import walk

DOCUMENT = Path(__file__).parent.parent / "docs" / "refresh.md"
BEGIN, END = "<!-- changes: made by benchmarks/changes.py -->", "<!-- end of changes -->"


@dataclass
class Small:
    """The galaxy of a folder; what the changes change are its settings, seeds and withdrawals."""

    folder: Path
    url: str
    settings: dict[str, Any]
    seeds: dict[str, list[str]]
    withdrawn: list[str] = field(default_factory=list)

    def table(self, name: str) -> Any:
        """Return all partitions of a table."""
        import polars as pl

        files = sorted((self.folder / "home" / "tables" / name).rglob("*.parquet"))
        return pl.concat([pl.read_parquet(file) for file in files])

    def load(self) -> Galaxy:
        """Write settings, seeds and withdrawals, and open them."""
        (self.folder / "seeds.yaml").write_text(yaml.safe_dump(self.seeds))
        (self.folder / "withdrawn.csv").write_text("\n".join(["kind,id", *self.withdrawn, ""]))
        config = self.folder / "galaxy.yaml"
        config.write_text(yaml.safe_dump(self.settings))
        return Galaxy(load_settings(config))


def small(folder: Path, url: str) -> Small:
    """Return the galaxy before any change."""

    def model(name: str) -> dict[str, Any]:
        return {
            "provider": "openai",
            "model": name,
            "base_url": url,
            "api_key_env": None,
            "price": {"input": 0, "output": 0},
        }

    settings = {
        "name": "changes",
        "home": "home",
        "sources": [
            {"kind": "rendered", "name": "drawn", "count": 4, "seed": 11, "families": ["sprites"]},
            {"kind": "rendered", "name": "papers", "count": 2, "seed": 5, "families": ["charts"]},
        ],
        "shard_size": 3,
        "task_tree": {"seeds": "seeds.yaml", "model": "writer"},
        "clip": {"device": "cpu"},
        "match": {"top_k": 64, "keep_per_batch": 64},
        "filter": "writer",
        "ask": "writer",
        "referees": {"ada": "ada", "bob": "bob"},
        "models": {name: model(name) for name in ("writer", "ada", "bob", "cleo", "newer")},
        "withdrawals": "withdrawn.csv",
        "dataset": {"exports": ["llava"]},
        "checks": {"min_referee_agreement": 0, "min_referee_accuracy": 0, "min_kept_pairs": 0},
    }
    seeds = {
        "counting": ["counting in 2d compositions", "chart element counting"],
        "image description": ["brief captioning", "detailed description"],
        "multiple choice questions": ["image-based"],
    }
    return Small(folder, url, settings, seeds)


Changed = Callable[[Small], None]
"""Makes a change to a galaxy."""


def _new_images(galaxy: Small) -> None:
    galaxy.settings["sources"][0]["count"] += 3


def _new_types(galaxy: Small) -> None:
    galaxy.seeds["multiple choice questions"].append("chart-based")


def _filter_model(galaxy: Small) -> None:
    galaxy.settings["filter"] = "newer"


def _asking_model(galaxy: Small) -> None:
    galaxy.settings["ask"] = "newer"


def _referee_model(galaxy: Small) -> None:
    galaxy.settings["referees"]["bob"] = "newer"


def _new_referee(galaxy: Small) -> None:
    galaxy.settings["referees"]["cleo"] = "cleo"


def _referee_leaves(galaxy: Small) -> None:
    del galaxy.settings["referees"]["bob"]


def _threshold(galaxy: Small) -> None:
    galaxy.settings["dataset"]["min_score"] = 1


def _balance(galaxy: Small) -> None:
    galaxy.settings["dataset"]["max_per_type"] = 2


def _licence(galaxy: Small) -> None:
    galaxy.settings["sources"][1]["license"] = "CC-BY-4.0"


def _vote_prompt(galaxy: Small) -> None:
    galaxy.settings["referee_sees"] = "question"


def _withdrawn_type(galaxy: Small) -> None:
    galaxy.withdrawn.append("task_type,image description~detailed description")


def _withdrawn_image(galaxy: Small) -> None:
    galaxy.withdrawn.append(f"image,{galaxy.table('balanced_dataset')['image_id'][0]}")


def _restored(galaxy: Small) -> None:
    galaxy.withdrawn.pop()


def _speed(galaxy: Small) -> None:
    galaxy.settings["models"]["writer"]["concurrency"] = 4


def _nothing(_: Small) -> None:
    pass


CHANGES: tuple[tuple[str, Changed], ...] = (
    ("the first pass", _nothing),
    ("nothing", _nothing),
    ("how fast to ask", _speed),
    ("the threshold (`min_score`)", _threshold),
    ("the balance (`max_per_type`)", _balance),
    ("the licence of a source", _licence),
    ("the prompt of the filter", _nothing),
    ("3 new images in 1 new shard", _new_images),
    ("the model of a referee", _referee_model),
    ("1 new task type in 1 new batch", _new_types),
    ("the prompt of the referees", _vote_prompt),
    ("the model of the filter", _filter_model),
    ("the model that asks", _asking_model),
    ("a new referee", _new_referee),
    ("a referee leaves", _referee_leaves),
    ("a task type withdrawn", _withdrawn_type),
    ("an image withdrawn", _withdrawn_image),
    ("that image given back", _restored),
)
QUICK = 9
"""So many changes, the first ones, are measured again by the tests; all of them take minutes."""

REWORDED = {"the prompt of the filter": "filtered_pairs"}
"""Changes to prompts, which are code: from here on the stage of this asset says it otherwise."""


@dataclass(frozen=True)
class Measured:
    """What a pass after a change did.

    Attributes:
        change: What was changed.
        ran: Partitions made, by asset, of how many.
        asked: Questions that the server was asked, by stage, of how many in all.
        runs: Dagster runs it took.
        seconds: How long it took.
    """

    change: str
    ran: dict[str, tuple[int, int]]
    asked: dict[str, tuple[int, int]]
    runs: int
    seconds: float


def measure(changes: Sequence[tuple[str, Changed]] = CHANGES) -> list[Measured]:
    """Make changes, one after the other, and return what each caused."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = Served()
        url = stack.enter_context(server.running())
        instance = stack.enter_context(dg.DagsterInstance.ephemeral())
        galaxy = small(folder, url)
        measured = []
        for name, change in changes:
            change(galaxy)
            if name in REWORDED:
                stack.enter_context(reworded(REWORDED[name]))
            measured.append(_pass(name, galaxy, server, instance))
        return measured


def _pass(name: str, small: Small, server: Served, instance: dg.DagsterInstance) -> Measured:
    galaxy = small.load()
    server.scene_of = galaxy.scene
    before, runs = len(server.log()), instance.get_runs_count()
    try:
        report = walk(galaxy, instance)
    finally:
        galaxy.close()
    if report.failures or report.held:
        raise RuntimeError(f"{name}: {report.failures} {report.held}")
    asked = _questions(server.log()[before:])
    return Measured(
        name,
        {asset: (s.ran, s.partitions) for asset, s in report.stages.items() if s.ran},
        {stage: (asked[stage], of) for stage, of in _in_all(report).items() if asked[stage]},
        instance.get_runs_count() - runs,
        report.seconds,
    )


def _in_all(report: PassReport) -> dict[str, int]:
    """Return how many questions stand behind the tables as they are, by stage."""
    rows = {asset: stage.rows_out for asset, stage in report.stages.items()}
    referees = report.stages["referee_scores"].partitions // report.stages["raw_qa"].partitions
    return {
        "growth": 0,
        "filter": rows["candidate_pairs"],
        "questions": report.stages["raw_qa"].rows_in,
        "vote": rows["raw_qa"] * referees + rows["referee_calibration"],  # which tries them
        "cot": 0,
    }


def _questions(log: list[dict[str, Any]]) -> Counter[str]:
    asked: Counter[str] = Counter()
    for entry in log:
        if entry["status"] != 200:
            raise RuntimeError(f"the server refused: {entry}")
        asked[entry["stage"]] += len(entry["items"])
    return asked


@contextmanager
def reworded(asset: str) -> Iterator[None]:
    """Let the prompt of a stage have another version, as if its text had been edited."""
    prompts = import_module(f"tg_assets.{asset}.prompts")
    users = [prompts, import_module(f"tg_assets.{asset}.assets")]
    before = prompts.STAGE
    after = replace(before, prompt_version=digest("edited", before.prompt_version)[:16])
    for module in users:
        module.STAGE = after  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in users:
            module.STAGE = before  # type: ignore[attr-defined]


class Served:
    """The endpoint of `tg serve` in a thread of this process, with its log."""

    def __init__(self) -> None:
        self.scene_of: Callable[[str], Any] = lambda _: None
        self._server = SceneServer(load_settings(), lambda image: self.scene_of(image))

    def log(self) -> list[dict[str, Any]]:
        """Return what was asked, in order of arrival."""
        return self._server.log

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve; yield the base URL of the API."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        runner = web.AppRunner(self._server.app(), access_log=None, shutdown_timeout=0.1)

        async def start() -> int:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return int(runner.addresses[0][1])

        port = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(20)
            loop.close()


def table(measured: list[Measured]) -> str:
    """Return the measured changes as a Markdown table."""
    lines = ["| changed | asked again | made again | runs |", "|---|---|---|---|"]
    for one in measured:
        asked = ", ".join(f"{stage} {n} of {of}" for stage, (n, of) in one.asked.items())
        ran = ", ".join(f"`{asset}` {n} of {of}" for asset, (n, of) in one.ran.items())
        lines.append(f"| {one.change} | {asked or 'nothing'} | {ran or 'nothing'} | {one.runs} |")
    return "\n".join(lines)


def documented() -> str:
    """Return the table that the document has."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    return rest.partition(END)[0].strip()


def with_table(text: str, made: str) -> str:
    """Return a document with the table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def main() -> None:
    """Measure, print, and write the document when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/refresh.md")
    parser.add_argument("--json", action="store_true", help="figures as one last line")
    given = parser.parse_args()
    started = time.monotonic()
    measured = measure()
    print(table(measured))
    if given.write:
        DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8"), table(measured)), "utf-8")
    if given.json:
        seconds = round(time.monotonic() - started, 1)
        print(json.dumps({"seconds": seconds, "changes": [vars(one) for one in measured]}))


if __name__ == "__main__":
    main()
