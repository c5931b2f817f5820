"""The checker passes what is sound and names what is not, from an instance's own data."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sound_instances import ROWS, UP, instance, library

import tg_assets.task_space
from tg_assets.task_space.instance import Instance, Option
from tg_assets.task_space.soundness.checking import Checker
from tg_assets.task_space.soundness.claims import GIVEN_AND_ASKED, kind_and_family
from tg_assets.task_space.soundness.faults import KINDS

PACKAGE = Path(tg_assets.task_space.__file__).parent
MAY_IMPORT = {"library", "taxonomy", "world", "instance", "grids", "errors", "soundness"}

CHECKER = Checker(library())


def kinds(shown: Instance) -> set[str]:
    return {fault.kind for fault in CHECKER.faults(shown)}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield str(node.module)


def test_the_checker_imports_nothing_that_makes_plans_or_instances() -> None:
    """Neither do the modules that it imports; of scenes it knows what a picture is, no renderer."""
    files = list((PACKAGE / "soundness").glob("*.py"))
    seen: set[Path] = set()
    while files:
        file = files.pop()
        seen.add(file)
        for module in imported(file):
            assert not module.startswith("tg_assets.scenes") or module == "tg_assets.scenes.picture"
            if module.startswith("tg_assets.task_space."):
                part = module.split(".")[2]
                assert part in MAY_IMPORT, f"{file.name} imports {module}"
                further = PACKAGE.joinpath(*module.split(".")[2:]).with_suffix(".py")
                files += [further] if further not in seen and further.is_file() else []
    assert PACKAGE / "soundness" / "checking.py" in seen


@pytest.mark.parametrize("name", ROWS)
def test_a_sound_instance_has_no_fault(name: str) -> None:
    assert CHECKER.faults(instance(name)) == []


def test_every_family_has_a_sound_instance_here() -> None:
    assert {kind_and_family(row[0])[1] for row in ROWS.values()} == GIVEN_AND_ASKED.keys()


def things(change: Callable[[list[Any]], None]) -> Callable[[Instance], Instance]:
    def changed(shown: Instance) -> Instance:
        mine = list(shown.world.things)
        change(mine)
        return replace(shown, world=replace(shown.world, things=tuple(mine)))

    return changed


def put(place: int, **new: Any) -> Callable[[Instance], Instance]:
    return things(lambda mine: mine.__setitem__(place, replace(mine[place], **new)))


def take(place: int) -> Callable[[Instance], Instance]:
    return things(lambda mine: mine.pop(place))


def ask(**new: Any) -> Callable[[Instance], Instance]:
    return lambda shown: replace(shown, asked=replace(shown.asked, **new))


def claim(**new: Any) -> Callable[[Instance], Instance]:
    return lambda shown: ask(claim=replace(shown.asked.claim, **new))(shown)


def plan(**new: Any) -> Callable[[Instance], Instance]:
    return lambda shown: replace(shown, plan={**shown.plan, **new})


def option(place: int, means: str, text: str | None = None) -> Callable[[Instance], Instance]:
    def changed(shown: Instance) -> Instance:
        mine = list(shown.asked.options)
        mine[place] = Option(means if text is None else text, means)
        return ask(options=tuple(mine))(shown)

    return changed


def both(*changes: Callable[[Instance], Instance]) -> Callable[[Instance], Instance]:
    def changed(shown: Instance) -> Instance:
        for change in changes:
            shown = change(shown)
        return shown

    return changed


DIAGONAL = both(
    put(1, asset="pink hammer"),
    put(3, asset="blue ball"),
    plan(position="bottom right"),
    option(0, "top left"),
    option(1, "bottom right"),
)
YELLOW = both(
    put(0, asset="yellow apple"),
    plan(attribute_value="yellow"),
    option(0, "yellow"),
    option(1, "gold"),
)
SOME_FRUIT = both(plan(target="fruit"), option(0, "fruit"), option(1, "banana"))
MICROWAVE = both(
    put(0, asset="gray microwave"),
    plan(target="microwave"),
    option(0, "microwave", "microwave oven"),
    option(1, "oven"),
)

PLANTED = [
    ("grid", "what", lambda shown: replace(shown, world=replace(shown.world, grid=4))),
    ("grid", "what", put(1, cell="middle")),
    ("cell taken twice", "what", put(2, cell="top right")),
    ("order of things", "what", things(lambda mine: mine.reverse())),
    ("same id", "what", put(1, id="t0")),
    ("unknown object", "what", put(1, asset="unicorn")),
    ("size range", "what", put(1, size=1.2)),
    ("motion", "what", put(1, motion=UP)),
    ("motion", "what move", put(1, motion=replace(UP, kind="rotate"))),
    ("claim", "where", claim(attribute=None)),
    ("claim", "where size", claim(inverted=False)),
    ("claim", "what beside", claim(position="right")),
    ("claim", "what", ask(claim=None)),
    ("claim", "what", plan(generator="why-2d")),
    ("staging", "what", plan(target="oven")),
    ("staging", "where", plan(cell="top right")),
    ("staging", "how many", plan(count=3)),
    ("staging", "where beside", plan(position="bottom")),
    ("staging", "what attribute", plan(attribute_value="green")),
    ("staging", "what", plan(generator="what-3d")),
    ("others", "what move", put(1, motion=UP)),
    ("others", "what rotate", put(1, motion=None)),
    ("nothing fits", "what", take(0)),
    ("several fit", "where attribute", put(3, asset="red hammer")),
    ("several fit", "what move", put(3, motion=replace(UP, direction="left"))),
    ("several fit", "what distance", put(2, cell="middle right")),
    ("another may fit", "where attribute", put(3, asset="bare rock")),
    ("another may fit", "how many", put(3, asset="some fruit")),
    ("no reference", "where beside", put(1, asset="white oven")),
    ("several references", "where beside", put(2, asset="green ball")),
    ("several references", "what distance", put(3, asset="some toy")),
    ("reference fits", "what beside", put(1, asset="apple ball")),
    ("sizes alike", "what size", put(1, size=0.8)),
    ("turn unseen", "what rotate", put(0, asset="round apple")),
    ("attribute not single", "what attribute", put(0, asset="motley apple")),
    ("options", "what", ask(right=3)),
    ("options", "what", ask(options=())),
    ("options alike", "what", option(2, "dragon", "kite")),
    ("option text", "what", option(1, "kite", "dragon")),
    ("option text", "where", option(1, "top right", "upper right")),
    ("option meaning", "where", option(1, "middle")),
    ("option meaning", "what", option(1, "unicorn")),
    ("option meaning", "what attribute", option(1, "mauve")),
    ("option meaning", "how many", option(1, "many")),
    ("marked option false", "what", option(0, "banana")),
    ("marked option false", "how many", option(0, "0")),
    ("marked option false", "where beside", option(0, "top left")),
    ("wrong option true", "what", option(1, "fruit")),
    ("wrong option true", "where beside", DIAGONAL),
    ("wrong option may be true", "what attribute", YELLOW),
    ("wrong option may be true", "what", both(SOME_FRUIT, put(0, asset="some fruit"))),
    ("wrong option may be true", "what", MICROWAVE),
    ("wrong option relevant", "what", SOME_FRUIT),
    ("option too general", "what", option(1, "object")),
    ("question says too little", "where", ask(question="Where is the apple?")),
    ("question says too little", "what", ask(question="What is in the top right?")),
    ("question says too little", "what rotate", ask(question="What turns counter-clockwise?")),
    ("question gives the answer", "what", ask(question="What apple is in the top left?")),
    ("question form", "what", ask(question="what is in the top left")),
    ("question form", "what", ask(question="What is what is in the top left?")),
    ("task type", "what", lambda shown: replace(shown, task_type="Perception~~What")),
]


@pytest.mark.parametrize(("kind", "name", "plant"), PLANTED)
def test_a_planted_fault_is_named_and_nothing_else(
    kind: str, name: str, plant: Callable[[Instance], Instance]
) -> None:
    assert kinds(plant(instance(name))) == {kind}


def test_every_kind_of_fault_is_planted() -> None:
    assert {kind for kind, _, _ in PLANTED} == set(KINDS)
