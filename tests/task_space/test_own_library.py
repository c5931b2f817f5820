"""A library of tables and pictures that a person writes, and the one that is shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from own_folder import OBJECTS, TAXONOMY, draw_sprite, write_folder
from small_library import write as write_published
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.scenes.sprites.cut_outs import load
from tg_assets.task_space.library import Attribute, Library, LibraryError, load_published
from tg_assets.task_space.own_library import SHIPPED, load_own, open_library
from tg_assets.task_space.taxonomy import TaxonomyError

REFERENCE = Path(__file__).parents[3] / "shared" / "taskmeanything-data"


@pytest.fixture(scope="module")
def shipped() -> Library:
    return open_library()


def test_a_folder_of_tables_and_pictures_is_a_library(tmp_path: Path) -> None:
    library = load_own([write_folder(tmp_path)])
    ball, cake = library.asset("ball-1"), library.asset("cake-1")
    assert ball.categories == ("ball",)
    assert ball.is_round
    assert ball.attributes == (
        Attribute("color", "red"),
        Attribute("material", "rubber"),
        Attribute("shape", "sphere"),
    )
    assert cake.categories == ("cake", "toy")
    assert [library.file(view).name for view, _ in cake.views] == ["cake.png", "cake-side.png"]
    assert cake.model == "cake"
    assert library.aliases["ball"] == ("ball", "sphere")
    assert library.names["cake"] == "cake"
    assert library.taxonomy.concepts == ("ball", "cake", "food", "toy")  # rock has no object


def test_what_a_spreadsheet_saves_is_read(tmp_path: Path) -> None:
    marked = "\ufeff" + OBJECTS.replace("\n", "\r\n") + ",,,,,,,\r\n"
    assert set(load_own([write_folder(tmp_path, {"objects.csv": marked})]).assets) == {
        "ball-1",
        "cake-1",
    }


def test_a_folder_lies_on_top_of_the_shipped_library(tmp_path: Path, shipped: Library) -> None:
    mine = {
        "objects.csv": "id,category,sprite,color\nmy-apple,apple,ball.png,red\n"
        "my-gizmo,gizmo,cake.png,\n",
        "taxonomy.csv": "parent,child\ntool,gizmo\n",
        "names.csv": "category,name\ngizmo,clever gizmo\n",
    }
    library = open_library([Path("shipped"), write_folder(tmp_path, mine)])
    assert set(library.assets) == {*shipped.assets, "my-apple", "my-gizmo"}
    assert library.file(library.asset("my-apple").views[0][0]) == tmp_path.resolve() / "ball.png"
    assert "fruit" in library.categories_of("my-apple")
    assert library.names["gizmo"] == "clever gizmo"
    assert "gizmo" in library.taxonomy.descendants("tool")
    alone = {"objects.csv": mine["objects.csv"]}
    with pytest.raises(LibraryError, match="'apple' is in no taxonomy"):
        load_own([write_folder(tmp_path / "alone", alone)])


CAKE = OBJECTS.replace(",cake,,,,", ",cake,?,,,")
WRONG: list[tuple[Mapping[str, str], str]] = [
    ({"objects.csv": ""}, r"objects\.csv does not exist; it is a table with the columns id, cat"),
    ({"objects.csv": "id,category\n"}, r"objects\.csv names no object"),
    ({"objects.csv": "id,sprite\n"}, "row 1: the column 'category' is missing"),
    ({"objects.csv": OBJECTS.replace("color", "colour")}, "'colour', did you mean 'color'"),
    ({"objects.csv": OBJECTS.replace("shape", "smell")}, "no column is called 'smell'"),
    ({"objects.csv": OBJECTS.replace("shape", "color")}, "two columns are called 'color'"),
    ({"objects.csv": OBJECTS.replace("ball.png", "bowl.png")}, "row 2, column sprite: .*bowl.png "),
    ({"objects.csv": OBJECTS.replace("ball.png", "")}, "column sprite: is empty and so is model"),
    ({"objects.csv": OBJECTS.replace("ball-1,ball,", "b,bal,")}, "did you mean 'ball'.*PARENT,bal"),
    ({"objects.csv": OBJECTS.replace("cake-1", "ball-1")}, "row 3, column id: 'ball-1' stands at"),
    ({"objects.csv": OBJECTS.replace("cake-1", "")}, "row 3, column id: is empty"),
    ({"objects.csv": OBJECTS.replace("yes", "maybe")}, "column round: holds 'maybe'; write yes"),
    ({"objects.csv": OBJECTS.replace("shape", "size")}, "is called 'size'; there are id, category"),
    (
        {"objects.csv": OBJECTS.replace(",", ";")},
        "row 1: its cells are separated by semicolons; sa",
    ),
    ({"taxonomy.csv": TAXONOMY.replace(",", "\t")}, r"taxonomy\.csv, row 1: .* separated by tabs"),
    ({"objects.csv": OBJECTS.replace("shape", "")}, "row 1: column 7 has no name; there are"),
    (
        {"objects.csv": OBJECTS.replace("ball.png", "../b.png")},
        "column sprite: '../b.png' leads out",
    ),
    (
        {"objects.csv": OBJECTS.replace("ball.png", "/b.png")},
        "column sprite: '/b.png' leads out of",
    ),
    (
        {"objects.csv": OBJECTS.replace(",cake,", ",../c.glb,")},
        "column model: '../c.glb' leads out",
    ),
    (
        {"objects.csv": OBJECTS.replace(",cake,", ",caek,")},
        r"objects\.csv, row 3, column model: no .* called 'caek'; did you mean 'cake'\? A model of",
    ),
    (
        {"objects.csv": OBJECTS.replace(",cake,", ",xyz,")},
        "called 'xyz'; there are airplane, .* A model of your own is a file of .glb",
    ),
    ({"objects.csv": CAKE.replace("?", "pnik")}, "row 3, column color: .* 'cake' .* as pnik; did"),
    (
        {"objects.csv": CAKE.replace("?", "red;blue")},
        "cannot be drawn as red and blue; name one of",
    ),
    ({"objects.csv": OBJECTS.replace(",cake,", ",c.fbx,")}, "'c.fbx' cannot be drawn; models are"),
    ({"objects.csv": OBJECTS.replace(",cake,", ",cake.glb,")}, "column model: .*cake.glb does not"),
    ({"objects.csv": OBJECTS.replace("yes", "yes,no")}, "row 2 has 9 cells under 8 columns"),
    ({"objects.csv": OBJECTS + 'x,"ball\n'}, "is no table with commas"),
    ({"taxonomy.csv": "parent,kid\n"}, r"taxonomy\.csv, row 1: no column is called 'kid'"),
    ({"taxonomy.csv": TAXONOMY + "toy,\n"}, "row 5, column child: is empty"),
    ({"names.csv": "category,name\nbull,bull\n"}, r"names\.csv, row 2, column category: 'bull'"),
    ({"names.csv": "category,name\nball,\n"}, r"names\.csv, row 2, column name: is empty"),
]


@pytest.mark.parametrize(("tables", "said"), WRONG, ids=[said[:30] for _, said in WRONG])
def test_what_is_wrong_with_a_table_is_said_by_file_row_and_column(
    tmp_path: Path, tables: Mapping[str, str], said: str
) -> None:
    with pytest.raises(LibraryError, match=said):
        load_own([write_folder(tmp_path, tables)])


def test_a_circle_names_the_file(tmp_path: Path) -> None:
    write_folder(tmp_path, {"taxonomy.csv": TAXONOMY + "ball,toy\n"})
    with pytest.raises(TaxonomyError, match=r"taxonomy\.csv: the taxonomy runs in a circle: .*b"):
        load_own([tmp_path])


def test_a_picture_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "ball.png").write_bytes(b"no picture")
    with pytest.raises(LibraryError, match=r"row 2, column sprite: .*ball\.png cannot be read"):
        load_own([tmp_path])
    draw_sprite(tmp_path / "whole.png")
    from PIL import Image

    Image.open(tmp_path / "whole.png").convert("RGB").save(tmp_path / "ball.png")
    with pytest.raises(LibraryError, match=r"ball\.png has no transparent background; cut"):
        load_own([tmp_path])
    Image.new("RGBA", (5000, 8)).save(tmp_path / "ball.png")
    with pytest.raises(LibraryError, match="is 5000 x 8 pixels; scale it down to 4096"):
        load_own([tmp_path])


def test_either_format_is_told_by_its_files(tmp_path: Path) -> None:
    own = write_folder(tmp_path / "own")
    (tmp_path / "published").mkdir()
    published = write_published(tmp_path / "published")
    assert "ball-1" in open_library([own]).assets
    assert "apple-2" in open_library([published]).assets
    with pytest.raises(LibraryError, match="cannot lie on others; give it alone"):
        open_library([own, published])
    with pytest.raises(LibraryError, match="holds no library: neither"):
        open_library([tmp_path])
    with pytest.raises(
        LibraryError, match=r"objects\.csv is a file; name the folder that holds it"
    ):
        open_library([own / "objects.csv"])
    with pytest.raises(LibraryError, match="none does not exist; name the folder of a library"):
        open_library([own, tmp_path / "none"])


def test_commands_take_the_shipped_library_where_none_is_named(tmp_path: Path) -> None:
    def counted(*data: str) -> int:
        done = CliRunner().invoke(app, ["task-space", "count", "--json", *data])
        assert done.exit_code == 0, done.output
        total: int = json.loads(done.stdout)["total"]
        return total

    mine = str(write_folder(tmp_path, {"taxonomy.csv": TAXONOMY.replace("food", "meal")}))
    alone, on_top = counted("--data", mine), counted("--data", "shipped", "--data", mine)
    assert on_top > counted() == counted("--data", "shipped") > alone > 0


def test_every_shipped_picture_can_be_drawn_and_none_is_left_over(shipped: Library) -> None:
    files = {shipped.file(view) for asset in shipped.assets.values() for view, _ in asset.views}
    assert files == set((SHIPPED / "sprites").iterdir())
    for file in files:
        assert max(load(file).image.size) >= 120
    assert "MIT License" in (SHIPPED / "LICENSE.txt").read_text()


def test_the_shipped_library_has_something_to_ask_about(shipped: Library) -> None:
    tree = shipped.taxonomy
    assert sum(not tree.children(concept) for concept in tree.concepts) >= 100
    assert sum(bool(tree.children(concept)) for concept in tree.concepts) >= 25
    assert {"fruit", "vegetable"} <= tree.ancestors("tomato")
    names = [name for names in shipped.aliases.values() for name in names]
    assert len(names) == len(set(names))
    for asset in shipped.assets.values():
        kinds = [value.type for value in asset.attributes]
        assert len(kinds) == len(set(kinds)), f"{asset.id} has two values of one type"


def test_shipped_models_are_models_that_the_renderer_has(shipped: Library) -> None:
    models = pytest.importorskip("tg_assets.scenes.solids.models").MODELS
    for asset in shipped.assets.values():
        if asset.model is None:
            continue
        facts = models[asset.model]
        said = {value.type: value.value for value in asset.attributes}
        assert said["color"] in facts.colors, asset.id
        assert said.get("material", facts.materials[0]) in facts.materials, asset.id
        assert asset.is_round == facts.is_round, asset.id


def test_a_published_view_shows_the_turn_that_its_number_says() -> None:
    if not REFERENCE.is_dir():
        pytest.skip(f"the published library is not at {REFERENCE}, and is no part of the project")
    assets = load_published(REFERENCE).assets.values()
    # `angles` are the turns of the model; a picture may be left out though its turn is kept
    equal = [asset for asset in assets if {turn for _, turn in asset.views} == set(asset.turns)]
    within = [asset for asset in assets if set(asset.turns) <= {turn for _, turn in asset.views}]
    assert (len(equal), len(within), len(assets)) == (1903, 1991, 1996)
