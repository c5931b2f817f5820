"""Seeds are read from any shape a person may write, or refused with a clear error."""

from pathlib import Path

import pytest

from tg_assets.task_tree.labels import join_path, normalise_path
from tg_assets.task_tree.seeds import SEEDS_FILE, Seeds, SeedsError, load_seeds, new_paths


def read(folder: Path, text: str | bytes) -> Seeds:
    file = folder / "seeds.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_seeds(file)


def paths(seeds: Seeds) -> list[str]:
    return [join_path(labels) for labels in seeds.paths]


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b:\n    - c\n    - d\n",
        "a:\n  b:\n    c:\n    d:\n",
        "- a~b~c\n- a~b~d\n",
        "- a:\n  - b: [c, d]\n",
        "a~b: [c, d]\n",
        "a:\n  - b~c\n  - B ~ 1. D\n",
        "a: {b: c}\nA:\n  b: d\n",
        "a:\n  b: [c, d, C, c]\na~b: []\n",
        "\ufeffa: {b: [c, d]}\n",
    ],
)
def test_all_shapes_give_the_same_tree_with_every_ancestor(tmp_path: Path, text: str) -> None:
    assert paths(read(tmp_path, text)) == ["a", "a~b", "a~b~c", "a~b~d"]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a:\n  3: x\n", ":2:", "'3' is a number to YAML and no name; put it in quotes"),
        ("a:\n  - yes\n", ":2:", "'yes' is yes or no to YAML"),
        ("- 1\n- 2\n", ":1:", "'1' is a number"),
        ("a:\n  - b\n  -\n", ":3:", r"\$\.a\[1\]: is empty"),
        ("- ~\n", ":1:", "a lone ~"),
        ("a:\n  - '...'\n", ":2:", "holds no letter"),
        ("a:\n  '': b\n", ":2:", "holds no letter"),
        ("? [a, b]\n: c\n", ":1:", "list or mapping used as a name"),
        ("- - a\n", ":1:", "list directly inside a list"),
        ("a:\n - " + "b" * 121, ":2:", "121 characters"),
        ("a: [b\n", ":2:", "is not valid YAML"),
        ("a: b: c\n", ":1:", "is not valid YAML"),
        ("a: b\n---\nc: d\n", ":2:", "is not valid YAML"),
        ("- !!python/name:os.system ''\n", ":1:", "is tagged .*os.system"),
        ("a: &x {b: *x}\n", ":1:", "contains itself"),
        ("<<: {a: b}\n", ":1:", "no name"),
        ("just some text\n", ":1:", "put '- ' before each name"),
        ("", "", "is empty"),
        ("# only a comment\n", "", "is empty"),
        ("{}\n", "", "holds no task type"),
        ("[]\n", "", "holds no task type"),
        (b"a: \xff\n", "", "is not UTF-8"),
        (b"a: \x00\n", "", "is not valid YAML"),
        ("[" * 500, "", "nested too deeply"),
    ],
)
def test_unusable_files_are_refused_by_name_line_and_place(
    tmp_path: Path, text: str | bytes, line: str, problem: str
) -> None:
    with pytest.raises(SeedsError, match=problem) as caught:
        read(tmp_path, text)
    assert f"seeds.yaml{line}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeedsError, match=r"absent\.yaml: cannot be read: No such file"):
        load_seeds(tmp_path / "absent.yaml")


def test_names_that_say_the_same_are_kept_and_pointed_out(tmp_path: Path) -> None:
    seeds = read(tmp_path, "a: [object counting, counting objects]\nb: [object counting]\n")
    assert len(seeds.paths) == 5
    assert seeds.look_alikes == (("a~object counting", "a~counting objects"),)


def test_only_new_paths_are_left_with_parents_first(tmp_path: Path) -> None:
    seeds = read(tmp_path, "b c: [d]\nb: {x: [y]}\na: [z]\n")
    assert new_paths(seeds, {"a", "b"}) == ["a~z", "b~x", "b~x~y", "b c", "b c~d"]
    assert new_paths(seeds, set(paths(seeds))) == []


def test_the_shipped_seeds_are_normal_and_hold_the_fields_of_the_paper() -> None:
    seeds = load_seeds(SEEDS_FILE)
    assert seeds.look_alikes == ()
    assert all(normalise_path(join_path(labels)) == labels for labels in seeds.paths)
    roots = {labels[0] for labels in seeds.paths}
    assert {"ocr", "image description", "detection", "logical reasoning", "refusal"} <= roots
    for root in roots:
        assert sum(len(labels) == 2 and labels[0] == root for labels in seeds.paths) >= 2
