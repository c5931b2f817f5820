"""What a galaxy of 1 M, 10 M and 100 M images takes: hours, dollars, and what gives way first.

    python -m benchmarks.scale [--json] [--images 1000000 ...] [--gpus 8 64 512]

No run of that size was made. The table multiplies costs a unit of work (an image, a pair, a
request, a run), each measured by another benchmark or, where it says `assumed`, to be replaced by
the reader's own: what GPUs do was measured nowhere here. How long the runs take side by side is not
multiplied but simulated: shards through the jobs of a pass, on so many machines, by one pass that
starts runs one after the other.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a unit of work costs.

    Attributes:
        stage: Whose work it is.
        unit: What is counted: image, pair, request, vote.
        cpu_ms: Milliseconds of one processor.
        gpu_ms: Milliseconds of one GPU.
        serial_ms: Milliseconds of what there is only one of: the ledger's database.
        source: Where the figure is from.
    """

    stage: str
    unit: str
    cpu_ms: float = 0.0
    gpu_ms: float = 0.0
    serial_ms: float = 0.0
    source: str = ""


def costs(options: argparse.Namespace) -> list[Cost]:
    """Return what each stage costs a unit."""
    asked = 1000 / options.requests_per_gpu
    assumed = "assumed: --requests-per-gpu"
    ledger = "docs/ledger.md, ten items a response"
    return [
        Cost("register", "image", 7.4 / 800, source="docs/matching.md, paper_scale"),
        Cost("decode, hash", "image", 4.8, source="docs/embedding.md, JPEG 1024 x 768"),
        Cost("embed: read, decode", "image", 4.8, source="docs/embedding.md, JPEG 1024 x 768"),
        Cost("embed", "image", 0, 1000 / options.encoded_per_gpu, source="assumed: --encoded"),
        Cost("match, 19,227 types", "image", 206 / 800, source="docs/matching.md, paper_scale"),
        Cost("merge", "image", 4.7 / 800, source="docs/matching.md, paper_scale"),
        Cost("filter: ask", "image", 0.128, asked, source=f"docs/asking.md; {assumed}"),
        Cost("filter: ledger", "pair", 0.0139, 0, 0.0154, ledger),
        Cost("questions: ask", "image", 0.128, asked * 3, source=f"docs/asking.md; 3 x {assumed}"),
        Cost(
            "questions: ledger", "kept", 0.0139, 0, 0.0154, "docs/ledger.md, ten items a response"
        ),
        Cost("votes: ask", "vote", 0.128, asked / 2, source=f"docs/asking.md; half of {assumed}"),
        Cost("votes: ledger", "vote", 0.0542, 0, 0.0648, "docs/ledger.md, one item a response"),
    ]


def units(images: int, options: argparse.Namespace) -> dict[str, float]:
    """Return how many units of each kind a galaxy of so many images has."""
    kept = images * options.top_k * options.kept
    return {
        "image": images,
        "pair": images * options.top_k,
        "kept": kept,
        "vote": kept * options.referees,
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A stage at one size: hours of processors, GPUs and the database, and dollars."""

    stage: str
    cpu_hours: float
    gpu_hours: float
    serial_hours: float
    usd: float
    source: str


def lines(images: int, options: argparse.Namespace) -> list[Line]:
    """Return what each stage takes at a size."""
    count = units(images, options)
    made = []
    for cost in costs(options):
        cpu, gpu, serial = (
            count[cost.unit] * ms / 1000 / HOUR for ms in (cost.cpu_ms, cost.gpu_ms, cost.serial_ms)
        )
        usd = cpu * options.usd_per_cpu_hour + gpu * options.usd_per_gpu_hour
        made.append(Line(cost.stage, cpu, gpu, serial, usd, cost.source))
    return made


@dataclass(frozen=True, slots=True)
class Passed:
    """A simulated pass: how long it took, and for what share of it the GPUs were at work."""

    hours: float
    busy: float
    runs: int


def simulated(
    shards: int, job_seconds: Sequence[float], machines: int, options: argparse.Namespace
) -> Passed:
    """Simulate a pass: each job over all shards, by one process that starts runs in turn.

    Runs differ: each takes between half and one and a half of the mean, and one in a hundred is
    lost with its machine in the middle and made again.
    """
    dice = random.Random(0)
    now, work = 0.0, 0.0
    for mean in job_seconds:
        free = [now] * machines
        starts, ended = now, now
        for _ in range(shards):
            starts += options.start_ms / 1000  # the pass looks at files and starts the run
            begins = max(starts, heapq.heappop(free)) + options.run_overhead_s
            seconds = mean * dice.uniform(0.5, 1.5)
            work += seconds
            if dice.random() < options.lost:
                begins += seconds * dice.random() + options.run_overhead_s
            heapq.heappush(free, begins + seconds)
            ended = max(ended, begins + seconds)
        now = ended
    return Passed(now / HOUR, work / (now * machines), shards * len(job_seconds))


def job_seconds(table: Sequence[Line], options: argparse.Namespace) -> list[float]:
    """Return the seconds of each job of a pass over all its partitions, in order."""

    def of(*stages: str) -> float:
        hours = 0.0
        for line in table:
            if line.stage.startswith(stages):
                hours += line.gpu_hours + line.cpu_hours / options.cpus
        return hours * HOUR

    judge = of("votes") / options.referees
    judged = [judge] * options.referees
    return [of("decode", "embed"), of("match"), of("filter", "questions"), *judged, 0.0]


def limits(images: int, hours: float, serial: float, options: argparse.Namespace) -> dict[str, str]:
    """Return what there is only one of, and how near its end it is."""
    memory = images * 0.2 / 800_000
    runs = images / options.shard * (4 + options.referees)
    walked = runs * options.start_ms / 1000 / HOUR
    return {
        "registration's memory": f"{memory:.1f} GiB of one machine",
        "one database of the ledger": f"{serial:.1f} h of {hours:.1f}",
        "one pass that starts runs": f"{walked:.1f} h of {hours:.1f} for {runs:,.0f} runs",
    }


def at_size(images: int, gpus: int, options: argparse.Namespace) -> dict[str, object]:
    """Return everything about one size."""
    table = lines(images, options)
    shards = max(1, images // options.shard)
    gpu_hours = sum(line.gpu_hours for line in table)
    jobs = [seconds / shards for seconds in job_seconds(table, options)]
    passed = simulated(shards, jobs, gpus, options)
    serial = sum(line.serial_hours for line in table)
    return {
        "images": images,
        "gpus": gpus,
        "shards": shards,
        "gpu_hours": gpu_hours,
        "cpu_hours": sum(line.cpu_hours for line in table),
        "usd": sum(line.usd for line in table),
        "ideal_hours": gpu_hours / gpus,
        "simulated": asdict(passed),
        "limits": limits(images, passed.hours, serial, options),
        "stages": [asdict(line) for line in table],
    }


def show(console: Console, size: dict[str, object]) -> None:
    """Print one size as tables."""
    title = f"{size['images']:,} images, {size['gpus']} GPUs"
    table = Table("stage", "CPU h", "GPU h", "database h", "$", "source", title=title)
    for line in size["stages"]:  # type: ignore[attr-defined]
        numbers = (f"{line[name]:,.1f}" for name in ("cpu_hours", "gpu_hours", "serial_hours"))
        table.add_row(line["stage"], *numbers, f"{line['usd']:,.0f}", line["source"])
    passed: dict[str, float] = size["simulated"]  # type: ignore[assignment]
    console.print(table)
    console.print(
        f"all: {size['cpu_hours']:,.0f} CPU h, {size['gpu_hours']:,.0f} GPU h, "
        f"${size['usd']:,.0f}; GPUs alone {size['ideal_hours']:,.1f} h; simulated "
        f"{passed['hours']:,.1f} h over {passed['runs']:,} runs, GPUs at work {passed['busy']:.0%}"
    )
    for name, value in size["limits"].items():  # type: ignore[attr-defined]
        console.print(f"  {name}: {value}")


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[10**6, 10**7, 10**8])
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 64, 512])
    parser.add_argument("--shard", type=int, default=4000, help="images a shard")
    parser.add_argument("--top-k", type=int, default=10)
    parser.add_argument("--kept", type=float, default=0.3, help="share of pairs the filter keeps")
    parser.add_argument("--referees", type=int, default=3)
    parser.add_argument("--requests-per-gpu", type=float, default=20, help="filter requests/s")
    parser.add_argument("--encoded-per-gpu", type=float, default=3000, help="images/s of CLIP")
    parser.add_argument("--cpus", type=float, default=16, help="processors beside each GPU")
    parser.add_argument("--usd-per-gpu-hour", type=float, default=2.5)
    parser.add_argument("--usd-per-cpu-hour", type=float, default=0.04)
    parser.add_argument("--start-ms", type=float, default=1000, help="the pass, a run it starts")
    parser.add_argument("--run-overhead-s", type=float, default=4.0, help="before a run works")
    parser.add_argument("--lost", type=float, default=0.01, help="share of runs that are lost")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    options = parsed()
    if len(options.images) != len(options.gpus):
        raise SystemExit("--gpus: give one number for each of --images")
    sizes = [at_size(*pair, options) for pair in zip(options.images, options.gpus, strict=True)]
    console = Console(stderr=options.json, width=130)
    for size in sizes:
        show(console, size)
    if options.json:
        print(json.dumps(sizes))


if __name__ == "__main__":
    main()
