"""`tg propose`: weak task types as seeds of the next task batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tg_assets.commanding import ConfigOption, plain_words, say, settings_of

if TYPE_CHECKING:
    import polars as pl

    from tg_assets.tables_io import TableStore

app = typer.Typer(help="Propose the task types on which models fail most as new seeds.")
PROPOSALS = "proposals.yaml"


@app.callback(invoke_without_command=True)
def propose(
    context: typer.Context,
    weakest: Annotated[int, typer.Option(help="Propose at most so many.", min=1)] = 10,
    model: Annotated[str | None, typer.Option(help="Of this model alone; else of all.")] = None,
    out: Annotated[Path, typer.Option(help="The file to write, for you to edit.")] = Path(
        PROPOSALS
    ),
    config: ConfigOption = None,
) -> None:
    """Write the weakest task types of the models' answers to a file; accepts nothing."""
    if context.invoked_subcommand is not None:
        return
    from tg_assets.task_tree import proposals

    with plain_words():
        tables = _tables(config)
        answers, models = _answers(tables, model)
        found = proposals.weakest(answers, _tree(tables), weakest)
        if not found:
            say(
                "nothing to propose: no task type was answered "
                f"{proposals.FEWEST_ANSWERS} times and wrong once",
                "yellow",
            )
            return
        proposals.save(proposals.written(found, models), out)
    for one in found:
        print(f"{one.path}  {one.said}")
    say(f"{len(found)} proposals in {out}; edit it, then: tg propose accept {out}", "green")


@app.command()
def accept(
    file: Annotated[Path, typer.Argument(help="What `tg propose` wrote and you edited.")],
    config: ConfigOption = None,
) -> None:
    """Add the task types of a file to those that were accepted; the next pass grows them."""
    from tg_assets.task_tree import proposals

    with plain_words():
        accepted = settings_of(config).task_tree.accepted
        if accepted is None:
            raise proposals.ProposalError(
                "the settings name no file for accepted proposals; add under task_tree: "
                "accepted: accepted.yaml"
            )
        new = proposals.accept(file, Path(accepted))
    for path in new:
        print(path)
    say(f"{len(new)} new task types in {accepted}; the next pass makes them a batch", "green")


def _tables(config: Path | None) -> TableStore:
    from resources.galaxy import Galaxy

    return Galaxy(settings_of(config)).tables


def _answers(tables: TableStore, model: str | None) -> tuple[pl.DataFrame, list[str]]:
    import polars as pl

    from tg_assets.task_tree.proposals import ProposalError

    there = tables.partitions("model_answers")
    if model is not None and model not in there:
        raise ProposalError(
            f"there are no answers of a model called {model!r}; there are those of "
            f"{', '.join(there) or 'none: evaluate a model first'}"
        )
    models = there if model is None else [model]
    if not models:
        raise ProposalError("there are no answers of any model yet: evaluate one first")
    wanted = ("path", "correct", "target")
    frames = [tables.read("model_answers", name) for name in models]
    columns = [name for name in wanted if all(name in frame.columns for frame in frames)]
    return pl.concat(frame.select(columns) for frame in frames), models


def _tree(tables: TableStore) -> frozenset[str]:
    from tg_assets.task_tree.paths import task_paths

    return frozenset(task_paths(tables)["path"])
