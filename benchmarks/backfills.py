"""What becomes of a backfill over two workers when Dagster's own servers die or are two.

    python -m benchmarks.backfills [--json] [--faults none,killed,two]

The servers of `benchmarks.faults` and a UI with its daemon are started here. A backfill of the
pictures' stages over all shards is asked for in the UI, as a person does; then nothing happens, or
UI and daemon are killed and started again, or a second daemon works on the same instance. Of each
it is told how the backfill ended, how many runs there were for how many shards, and whether every
table is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.faults import PREFIX, TESTS, galaxy_of

from small_cluster import Cluster, Galaxy, free_port, kill_group, started, workers  # isort: skip

ASSETS = ("scenes", "image_pool", "image_embeddings")
WAIT_S = 600
ADD = """mutation ($key: String!) {
  addDynamicPartition(partitionsDefName: "image_shard", partitionKey: $key,
    repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "taskgalaxy"}) {
    __typename
  }
}"""
BACKFILL = """mutation ($said: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $said) {
    __typename
    ... on LaunchBackfillSuccess {backfillId}
    ... on PythonError {message}
  }
}"""
STATUS = """query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}
}"""
RUNS = "{runsOrError {... on Runs {results {status tags {key value}}}}}"
LIST_SHARDS = """
import sys
from resources.galaxy import Galaxy
from tg_assets.registration import list_shards
from tg_assets.settings import load_settings
settings = load_settings(sys.argv[1])
print("\\n".join(list_shards(settings, Galaxy(settings).tables, []).keys))
"""


@dataclass
class Result:
    """What a fault left of a backfill.

    Attributes:
        fault: Its name.
        ended: The backfill's status.
        shards: How many it was asked for.
        runs: How many runs there were.
        succeeded: How many of them ended well.
        queues: Celery's queues that they were given to.
        complete: Whether every table is there.
    """

    fault: str
    ended: str
    shards: int
    runs: int
    succeeded: int
    queues: list[str]
    complete: bool
    seconds: float


class Ui:
    """The UI of a galaxy, its daemon beside it."""

    def __init__(self, galaxy: Galaxy) -> None:
        self.galaxy = galaxy
        self.port = free_port()
        self.processes = [self._start(*galaxy.command("ui"), "--port", str(self.port))]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        config = self.galaxy.write_settings()
        name = yaml.safe_load(config.read_text())["name"]
        instance = self.galaxy.folder / "state" / name / "dagster"
        of_daemon = {"DAGSTER_HOME": str(instance), "TG_CONFIG": str(config)}
        with (self.galaxy.folder / "ui.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=self.galaxy.variables | of_daemon,
                cwd=self.galaxy.folder,
                start_new_session=True,
            )

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask once."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        url = f"http://127.0.0.1:{self.port}/graphql"
        sent = urllib.request.Request(url, body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(sent, timeout=60) as answer:
            said: dict[str, Any] = json.loads(answer.read())
        assert "errors" not in said, said["errors"]
        found: dict[str, Any] = said["data"]
        return found

    def ask_until(
        self, wanted: Callable[[dict[str, Any]], bool], query: str, **variables: Any
    ) -> Any:
        """Ask again and again until the answer is what is wanted."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                said = self.ask(query, **variables)
            except OSError:
                said = {}
            if said and wanted(said):
                return said
            assert time.monotonic() < deadline, said
            time.sleep(1)

    def kill(self) -> None:
        """SIGKILL of UI and daemon."""
        for process in self.processes:
            kill_group(process)

    def restart(self) -> None:
        """Kill both, and start them again."""
        self.kill()
        self.processes = [self._start(*self.galaxy.command("ui"), "--port", str(self.port))]

    def start_second_daemon(self) -> None:
        """Start a daemon of another machine, on the same instance."""
        module = ["-m", "tg_assets.definitions"]
        self.processes.append(self._start(sys.executable, "-m", "dagster._daemon", "run", *module))


FAULTS: dict[str, Callable[[Ui], None]] = {
    "none": lambda _: None,
    "killed": Ui.restart,
    "two": Ui.start_second_daemon,
}


def backfill(galaxy: Galaxy, ui: Ui, fault: str) -> Result:
    """Ask for a backfill of everything, and let a fault happen once its first run has begun."""
    began = time.monotonic()
    command = [sys.executable, "-c", LIST_SHARDS, str(galaxy.write_settings())]
    listed = subprocess.run(command, env=galaxy.variables, capture_output=True, text=True)
    assert listed.returncode == 0, listed.stderr[-2000:]
    shards = listed.stdout.split()
    ui.ask_until(lambda said: bool(said["assetNodes"]), "{assetNodes {id}}")
    for key in shards:
        ui.ask(ADD, key=key)
    said = {
        "assetSelection": [{"path": [asset]} for asset in ASSETS],
        "partitionNames": shards,
        "fromFailure": False,
    }
    found = ui.ask(BACKFILL, said=said)["launchPartitionBackfill"]
    assert found["__typename"] == "LaunchBackfillSuccess", found
    ui.ask_until(lambda said: bool(said["runsOrError"]["results"]), RUNS)
    FAULTS[fault](ui)
    over = ui.ask_until(_is_over, STATUS, id=found["backfillId"])
    runs = ui.ask(RUNS)["runsOrError"]["results"]
    tags = [{tag["key"]: tag["value"] for tag in run["tags"]} for run in runs]
    tables = set(galaxy.cluster.objects(f"{PREFIX}/tables"))
    return Result(
        fault,
        over["partitionBackfillOrError"]["status"],
        len(shards),
        len(runs),
        sum(run["status"] == "SUCCESS" for run in runs),
        sorted({tag.get("dagster-celery/queue", "none") for tag in tags}),
        {f"{asset}/{shard}.parquet" for asset in ASSETS for shard in shards} <= tables,
        round(time.monotonic() - began, 1),
    )


def _is_over(said: dict[str, Any]) -> bool:
    status: str = said["partitionBackfillOrError"]["status"]
    return status.startswith(("COMPLETED", "FAILED", "CANCELED"))


def campaign(cluster: Cluster, names: list[str]) -> list[Result]:
    """Let every fault happen to a backfill of its own."""
    galaxy = galaxy_of(cluster, "backfills")
    results = []
    with workers(galaxy, 2):
        for name in names:
            galaxy.forget()
            ui = Ui(galaxy)
            try:
                results.append(backfill(galaxy, ui, name))
            finally:
                ui.kill()
            print(asdict(results[-1]), file=sys.stderr, flush=True)
    return results


def main() -> None:
    """Run the campaign and show what it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, by commas")
    parser.add_argument("--images", type=int, default=8, help="pictures; four make a shard")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    path = [str(TESTS.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), options.images) as cluster:
        results = campaign(cluster, options.faults.split(","))
    table = Table(*Result.__dataclass_fields__)
    for result in results:
        table.add_row(*(str(value) for value in asdict(result).values()))
    Console(stderr=options.json, width=120).print(table)
    if options.json:
        print(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
