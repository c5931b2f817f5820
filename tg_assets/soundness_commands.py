"""`tg task-space soundness` and `show`: are the tasks right, and what do they look like?"""

from __future__ import annotations

import json as plain_json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tg_assets.commanding import console_of_tables, errors, plain_words
from tg_assets.scene_graph_commands import (
    ImagesFileOption,
    NamesOption,
    SizeOption,
    VideosFileOption,
)
from tg_assets.task_space_commands import DataOption, GeneratorOption, JsonOption

if TYPE_CHECKING:
    from tg_assets.task_space.verifying import Verified

app = typer.Typer()
PAGE = Path("task-space.html")


@app.command()
def soundness(
    data: DataOption = None,
    generator: GeneratorOption = None,
    n: Annotated[int, typer.Option("-n", help="Instances of each generator.", min=0)] = 100_000,
    rendered: Annotated[
        int, typer.Option(help="So many more are drawn, and their pictures checked.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same plans.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes; one a core.", min=1)] = None,
    scene_graphs: ImagesFileOption = None,
    video_graphs: VideosFileOption = None,
    video_names: NamesOption = None,
    subgraph_size: SizeOption = 1,
    json: JsonOption = False,
) -> None:
    """Check random instances by themselves; exit with 1 where one is not sound.

    With files of scene graphs, questions about them are checked in their stead.
    """
    from tg_assets.task_space import verifying
    from tg_assets.task_space.generators import GENERATORS
    from tg_assets.task_space.scene_graphs.verifying import GraphFiles
    from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary

    _require_names(video_graphs, video_names)
    started = time.perf_counter()
    files = GraphFiles(own_vocabulary(), scene_graphs, video_graphs, video_names, subgraph_size)
    if files.generators:
        with plain_words():
            chosen = [_known(generator, files.generators)] if generator else files.generators
            asked = {name: files.verified(name, n, seed) for name in chosen}
        found = {name: (verified, verifying.Verified()) for name, verified in asked.items()}
        _end(found, time.perf_counter() - started, json)
        return
    with plain_words():
        names = [_known(generator, GENERATORS)] if generator else list(GENERATORS)
        at_once = workers or os.cpu_count() or 1
        both = {name: (verifying.Verified(), verifying.Verified()) for name in names}
        for name, verified in verifying.verify_in_processes(data or (), names, n, seed, at_once):
            both[name] = verified, verifying.Verified()
            _progress(name, verified, "instances")
        drawn = names if rendered else ()
        for name, verified in verifying.verify_in_processes(
            data or (), drawn, rendered, seed, at_once, True
        ):
            both[name] = both[name][0], verified
            _progress(name, verified, "drawn")
    _end(both, time.perf_counter() - started, json)


def _end(found: Both, seconds: float, json: bool) -> None:
    """Say what was found; exit with 1 where something is not sound."""
    if json:
        print(plain_json.dumps({"generators": _figures(found), "seconds": round(seconds, 1)}))
    else:
        _print(found, seconds)
    if any(verified.faults for parts in found.values() for verified in parts):
        raise typer.Exit(1)


@app.command()
def show(
    data: DataOption = None,
    out: Annotated[Path, typer.Option(help="The page.")] = PAGE,
    generator: GeneratorOption = None,
    n: Annotated[int, typer.Option("-n", help="Tasks of each generator.", min=1)] = 6,
    seed: Annotated[int, typer.Option(help="The same seed shows the same tasks.")] = 0,
    scene_graphs: ImagesFileOption = None,
    images: Annotated[Path | None, typer.Option(help="A folder of their pictures by id.")] = None,
    video_graphs: VideosFileOption = None,
    video_names: NamesOption = None,
    frames: Annotated[
        Path | None, typer.Option(help="A folder of their keyframes, VIDEO/KEYFRAME.")
    ] = None,
    subgraph_size: SizeOption = 2,
) -> None:
    """Make a page of tasks of every generator, as a model would meet them.

    Without files, generators over annotated pictures are shown over the project's own drawings,
    and those over videos with a small example.
    """
    from upath import UPath

    from tg_assets.tables_io import write_whole
    from tg_assets.task_space.generators import GENERATORS
    from tg_assets.task_space.own_library import open_library
    from tg_assets.task_space.scene_graphs.page import GRAPH_GENERATORS, GraphPage
    from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary
    from tg_assets.task_space.showing import example_group, render_page
    from tg_assets.task_space.space import TaskSpace

    _require_names(video_graphs, video_names)
    with plain_words():
        every = (*GENERATORS, *GRAPH_GENERATORS)
        names = [_known(generator, every)] if generator else list(every)
        library = open_library(data or ())
        space = TaskSpace(library)
        page = GraphPage(
            library,
            own_vocabulary(),
            n,
            seed,
            subgraph_size,
            scene_graphs,
            images,
            video_graphs,
            video_names,
            frames,
        )
        groups = []
        for name in names:
            is_graph = name in GRAPH_GENERATORS
            groups.append(page.group(name) if is_graph else example_group(space, name, n, seed))
            errors.print(f"{name}: {len(groups[-1].cards)} drawn", style="dim", highlight=False)
        write_whole(UPath(out), render_page("Tasks with known answers", groups).encode())
    Console().print(f"{out}", markup=False, highlight=False, soft_wrap=True)


def _require_names(video_graphs: Path | None, names: Path | None) -> None:
    if (video_graphs is None) != (names is None):
        raise typer.BadParameter("--video-graphs FILE and --names FILE are given together")


def _known(generator: str, there: Iterable[str]) -> str:
    from tg_assets.task_space.generators import no_generator
    from tg_assets.task_space.space import NoSuchPlan

    if generator not in there:
        raise NoSuchPlan(no_generator(generator))
    return generator


def _progress(name: str, verified: Verified, what: str) -> None:
    said = f"{name}: {verified.instances:,} {what}, {verified.unsound_count:,} not sound"
    errors.print(said, style="dim", highlight=False)


Both = Mapping[str, tuple["Verified", "Verified"]]


def _figures(found: Both) -> dict[str, Any]:
    return {
        name: {
            "plans": plain.plans,
            "instances": plain.instances,
            "no_instance": dict(plain.reasons.most_common()),
            "faults": dict(plain.faults),
            "rendered": drawn.instances,
            "rendered_faults": dict(drawn.faults),
            "unsound": [said for verified in (plain, drawn) for said in _unsound(verified)],
        }
        for name, (plain, drawn) in found.items()
    }


def _unsound(verified: Verified) -> Iterator[dict[str, Any]]:
    for one in verified.unsound:
        asked = one.instance.asked
        yield {
            "faults": list(one.faults),
            "question": asked.multiple_choice,
            "answer": asked.answer,
            "index": one.instance.plan.get("index"),
            "plan": dict(one.instance.plan),
            "seed": one.instance.seed,
        }


def _print(found: Both, seconds: float) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("generator", no_wrap=True)
    for column in ("plans", "no instance", "instances", "not sound", "drawn", "not as said"):
        table.add_column(column, justify="right")
    for name, (plain, drawn) in found.items():
        share = 1 - plain.instances / plain.plans if plain.plans else 0
        counts = (plain.instances, plain.unsound_count, drawn.instances, drawn.unsound_count)
        table.add_row(name, f"{plain.plans:,}", f"{share:.1%}", *map("{:,}".format, counts))
    console = console_of_tables()
    console.print(table)
    plain_of_all = _sum(plain for plain, _ in found.values())
    for reason, count in plain_of_all.reasons.most_common():
        console.print(
            f"{count:>9,}  no instance: {reason}", markup=False, highlight=False, soft_wrap=True
        )
    instances = plain_of_all.instances
    console.print(f"{instances:,} instances made and checked in {seconds:,.0f} s", highlight=False)
    for name, verified in ((name, one) for name, parts in found.items() for one in parts):
        for unsound in _unsound(verified):
            which = unsound["index"] if unsound["index"] is not None else unsound["plan"]
            said = [f"{name} {which} (seed {unsound['seed']})", *unsound["faults"]]
            text = "\n  ".join([*said, *unsound["question"].splitlines()])
            console.print(text, style="red", markup=False, highlight=False)


def _sum(parts: Iterable[Verified]) -> Verified:
    from tg_assets.task_space.verifying import Verified

    return sum(parts, start=Verified())
