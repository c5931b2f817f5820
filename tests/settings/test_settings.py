"""What is wrong with settings is said at load: a line each, with the place and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tg_assets.settings import Settings, SettingsError, load_settings

GOOD: dict[str, Any] = {
    "name": "good",
    "sources": [{"kind": "rendered", "name": "drawn", "count": 4}],
    "task_tree": {"seeds": "embedded", "model": "embedded"},
    "filter": "embedded",
    "ask": "embedded",
    "referees": {"ada": "embedded", "bob": "embedded"},
}
REMOTE = {"provider": "openai", "model": "m", "price": {"input": 1, "output": 2}}


def changed(place: str, value: Any) -> dict[str, Any]:
    """Return good settings with one value put in, or taken out where it is ``...``."""
    settings = yaml.safe_load(yaml.safe_dump(GOOD))
    *path, last = place.split("/")
    inside = settings
    for part in path:
        inside = inside.setdefault(part, {}) if isinstance(inside, dict) else inside[int(part)]
    if value is ...:
        del inside[last]
    elif isinstance(inside, list):
        inside.append(value)
    else:
        inside[last] = value
    return settings


def problems(folder: Path, content: dict[str, Any] | str | bytes) -> list[str]:
    """Return what is wrong with a file, without its name, which begins every line."""
    file = folder / "my galaxy.yaml"
    if isinstance(content, dict):
        content = yaml.safe_dump(content, allow_unicode=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    lines = str(caught.value).split("\n")
    assert all(line.startswith(f"{file}: ") for line in lines), lines
    return [line.removeprefix(f"{file}: ") for line in lines]


def load(folder: Path, content: dict[str, Any]) -> Settings:
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_settings(file)


def test_good_settings_load(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).home == str(tmp_path / "galaxy")


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        ("hom", "x", "hom: unknown key; did you mean 'home'?"),
        ("zebra", 1, "zebra: unknown key; known: name, home, sources"),
        ("task_tree/modle", "x", "task_tree.modle: unknown key; did you mean 'model'?"),
        ("sources/0/cuont", 3, "sources[0].cuont: unknown key; did you mean 'count'?"),
        (
            "models/m",
            {**REMOTE, "api_key": "s"},
            "models.m.api_key: unknown key; did you mean 'api_k",
        ),
        (
            "models/m",
            {**REMOTE, "price": {"input": 1, "output": 2, "cahced": 1}},
            "models.m.price.cahced: unknown key; known: input",
        ),
        (
            "dataset/subsets/few",
            {"image": 1},
            "dataset.subsets.few.image: unknown key; did you mean",
        ),
        ("name", ..., "name: is missing; add it"),
        ("filter", ..., "filter: is missing; name the model that filters"),
        ("name", 5, "name: should be text, it is 5"),
        ("name", "My Galaxy", "name: 'My Galaxy' cannot be a name; use lower-case letters"),
        ("referees/A b", "embedded", "referees.A b: 'A b' cannot be a name"),
        ("shard_size", "many", "shard_size: should be a whole number, it is 'many'"),
        ("shard_size", 0, "shard_size: should be greater than or equal to 1, it is 0"),
        ("filter", ["a"], "filter: should be text, it is ['a']"),
        ("clip", 7, "clip: should be a mapping of keys, it is 7"),
        ("sources", "photos", "sources: should be a list, it is 'photos'"),
        ("sources", [], "sources: should hold at least one item"),
        ("referees", {}, "referees: "),
        (
            "task_tree/targets",
            {"one": 3},
            "task_tree.targets.one: is no level; write levels as num",
        ),
        (
            "sources/1",
            {"kind": "foldr"},
            "sources[1]: kind 'foldr' is unknown; did you mean 'folder'",
        ),
        ("sources/1", {"name": "x"}, "sources[1]: is missing its key 'kind'"),
        (
            "models/m",
            {"provider": "opnai"},
            "models.m: provider 'opnai' is unknown; did you mean 'op",
        ),
        (
            "dataset/exports",
            ["lava"],
            "dataset.exports[0]: 'lava' is unknown; did you mean 'llava'?",
        ),
        ("filter", "embeded", "filter: no model is called 'embeded'; did you mean 'embedded'?"),
        ("referees/cleo", "x", "referees.cleo: no model is called 'x'; known: embedded"),
        ("dataset/min_score", 3, "dataset.min_score: is 3, but there are only 2 referees"),
        ("sources/1", GOOD["sources"][0], "sources: the name 'drawn' is given twice"),
        ("match/top_k", 99, "match: keep_per_batch (16) must be at least top_k (99)"),
        ("task_tree/seeds", "embeded", "task_tree.seeds: there is no file"),
        ("task_tree/seeds", "embeded", "did you mean 'embedded'?"),
        ("task_tree/seeds", "mine.yaml", "shipped with the project: general, embedded"),
        ("withdrawals", "gone.csv", "withdrawals: there is no file"),
        ("home", "my galaxy.yaml/home", "home: "),
        ("clip/model", "ViT-L-41", "clip.model: open_clip knows no model 'ViT-L-41'; did you mean"),
        ("clip/model", "ViT-L-14", "clip.pretrained: is missing; name the weights of ViT-L-14"),
        ("clip/device", "gpu", "clip: device 'gpu': use auto, cpu, cuda or cuda:<number>"),
        ("clip/checkpoint", "gone.pt", "clip.checkpoint: there is no file or folder"),
        ("schedule/timezone", "Moon", "schedule: timezone 'Moon' is unknown"),
        ("schedule/refresh_cron", "daily", "schedule: refresh_cron 'daily' does not have the five"),
        ("ledger", "my-ledger", "ledger: is no URL of a database, such as sqlite:"),
        ("ledger", "mysql://u@h/d", "ledger: "),
        ("home", "~nobody-of-that-name/x", "home: ~nobody-of-that-name/x names no user"),
    ],
)
def test_each_problem_is_one_clear_line(tmp_path: Path, place: str, value: Any, line: str) -> None:
    found = problems(tmp_path, changed(place, value))
    assert len(found) == 1, found
    assert line in found[0]


def test_a_model_without_a_price_is_refused_with_what_to_write(tmp_path: Path) -> None:
    free = {name: value for name, value in REMOTE.items() if name != "price"}
    (line,) = problems(tmp_path, changed("models/m", free))
    assert line.startswith("models.m.price: is missing; say what it costs in dollars per million")
    assert "{input: 0, output: 0}" in line


def test_several_problems_are_several_lines(tmp_path: Path) -> None:
    settings = changed("hom", 1) | {"shard_size": "x", "filter": 3}
    assert len(problems(tmp_path, settings)) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is empty; begin with a copy of examples/embedded.yaml"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", "is a list, it has to be a mapping"),
        ("just text", "is a text, it has to be a mapping"),
        (
            "name: a\nhome: b\nname: c\n",
            "line 3: name: is given twice, first in line 1; delete one",
        ),
        ("a:\n  b: 1\n  b: 2\n", "line 3: a.b: is given twice, first in line 2"),
        ("s:\n- k: 1\n  k: 2\n", "line 3: s[0].k: is given twice"),
        ("name: [a\nhome: b\n", "line 2, column 5: is not valid YAML: "),
        ("name: a\n\thome: b\n", "indent with spaces, not tabs"),
        ("name: !!python/object/apply:os.system [ls]\n", "is not valid YAML"),
        ("name: *nobody\n", "is not valid YAML"),
        ("name: a\x07\n", "is not valid YAML"),
        (b"name: caf\xe9\n", "is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_settings_is_one_clear_line(
    tmp_path: Path, text: str | bytes, line: str
) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1, found
    assert line in found[0]


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml: there is no such file"):
        load_settings(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="is a folder; name the settings file in it"):
        load_settings(tmp_path)


@given(st.text(max_size=200))
@hypothesis_settings(max_examples=150, deadline=None)
def test_no_text_makes_anything_but_settings_or_lines(text: str) -> None:
    file = Path(f"/tmp/tg-any-settings-{hash(text)}.yaml")
    try:
        file.write_text(text, encoding="utf-8", errors="replace")
        with pytest.raises(SettingsError):
            load_settings(file)
    finally:
        file.unlink()


def with_photos(folder: Path, **source: Any) -> dict[str, Any]:
    """Return settings over a folder of photos, with a model that needs no key."""
    (folder / "photos").mkdir(exist_ok=True)
    photos = {"kind": "folder", "name": "p", "path": "photos", "license": "x", **source}
    remote = {**REMOTE, "api_key_env": None}
    uses = {"filter": "far", "ask": "far", "referees": {"ada": "far", "bob": "far"}}
    return {**GOOD, "sources": [photos], "models": {"far": remote}, **uses}


def test_the_embedded_model_may_grow_the_tree_of_photos(tmp_path: Path) -> None:
    assert load(tmp_path, with_photos(tmp_path)).task_tree.model == "embedded"


@pytest.mark.parametrize("use", ["filter", "ask", "referees"])
def test_the_embedded_model_is_refused_for_photos(tmp_path: Path, use: str) -> None:
    embedded = {"ada": "embedded"} if use == "referees" else "embedded"
    settings = {**with_photos(tmp_path), use: embedded, "dataset": {"min_score": 1}}
    (line,) = problems(tmp_path, settings)
    assert line.startswith("sources.p: the embedded model answers from scene graphs")
    assert use in line
    assert "examples/openai.yaml" in line


def test_missing_and_misnamed_sources_are_named(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, with_photos(tmp_path, path="nowhere"))
    assert line == f"sources.p.path: there is no folder {tmp_path / 'nowhere'}"
    (line,) = problems(tmp_path, with_photos(tmp_path, kind="file_list", path="photos"))
    assert "is a folder; for a folder of images write kind: folder" in line
    (tmp_path / "list.csv").write_text("uri\n")
    (line,) = problems(tmp_path, with_photos(tmp_path, path="list.csv"))
    assert "is a file; for a list of files write kind: file_list" in line


def test_an_absent_key_is_named_and_only_for_models_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    model = {**REMOTE, "api_key_env": "MY_KEY"}
    unused = changed("models/m", model)
    assert load(tmp_path, unused)
    (line,) = problems(tmp_path, {**unused, "filter": "m"})
    assert line.startswith("models.m.api_key_env: the environment variable MY_KEY is not set")
    assert "api_key_env: null" in line
    monkeypatch.setenv("MY_KEY", "sk-1")
    assert load(tmp_path, {**unused, "filter": "m"})


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("models/m", {**REMOTE, "api_key_env": "sk-proj-secret"}),
        ("models/m", {**REMOTE, "api_key": "sk-proj-secret"}),
        ("ledger", "postgres://u:sk-proj-secret@host:port/d"),
        ("ledger", "mysql://u:sk-proj-secret@host/d"),
        ("ledger", ["postgresql://u:sk-proj-secret@host/d"]),
    ],
)
def test_no_secret_is_repeated(tmp_path: Path, place: str, value: Any) -> None:
    assert "secret" not in "".join(problems(tmp_path, changed(place, value)))


def test_paths_are_relative_to_the_file_and_urls_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    (tmp_path / "me").mkdir()
    settings = with_photos(tmp_path, path="s3://bucket/photos")
    assert load(tmp_path, settings).sources[0].path == "s3://bucket/photos"  # type: ignore[union-attr]
    assert load(tmp_path, {**settings, "home": "s3://b/home"}).home == "s3://b/home"
    assert load(tmp_path, {**settings, "home": "~/g"}).home == str(tmp_path / "me" / "g")
    assert load(tmp_path, {**settings, "home": "/abs"}).home == "/abs"
    loaded = load(tmp_path, {**settings, "ledger": "sqlite:///l.sqlite"})
    assert loaded.ledger == f"sqlite:///{tmp_path}/l.sqlite"
    url = "postgresql://u:p@host/d"
    assert load(tmp_path, {**settings, "ledger": url}).ledger == url


def test_loading_settings_loads_no_torch_and_no_open_clip() -> None:
    code = (
        "import sys; from tg_assets.settings import load_settings; load_settings();"
        "print([m for m in ('torch', 'open_clip', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_sources_of_every_kind_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    (line,) = problems(tmp_path, with_photos(tmp_path, path="a.zip"))
    assert line.endswith("is a file; for an archive write kind: zip")
    for kind in ("zip", "webdataset", "parquet"):
        (line,) = problems(tmp_path, with_photos(tmp_path, kind=kind, path="nowhere"))
        assert line == f"sources.p.path: there is no file or folder {tmp_path / 'nowhere'}"
    assert load(tmp_path, with_photos(tmp_path, kind="zip", path="a.zip"))
    (line,) = problems(tmp_path, with_photos(tmp_path, path="https://elsewhere/photos"))
    assert "nothing is read from https:// unless it is allowed; add it to uri_schemes" in line


def test_collections_name_their_sub_sources_and_annotations(tmp_path: Path) -> None:
    settings = with_photos(tmp_path)
    vg = {"kind": "collection", "name": "vg", "collection": "visual_genome", "path": "photos"}
    assert load(tmp_path, {**settings, "sources": [vg]})
    (line,) = problems(tmp_path, {**settings, "sources": [{**vg, "subsources": ["coco"]}]})
    assert "visual_genome has no sub-source 'coco'" in line
    (line,) = problems(tmp_path, {**settings, "sources": [{**vg, "annotations": ["gone.json"]}]})
    assert line == f"sources.vg.annotations: there is no file {tmp_path / 'gone.json'}"


def test_what_is_to_be_excluded_has_to_be_there(tmp_path: Path) -> None:
    settings = {**with_photos(tmp_path), "images": {"excluded": {"path": "benchmark"}}}
    (line,) = problems(tmp_path, settings)
    assert line == f"images.excluded.path: there is no file or folder {tmp_path / 'benchmark'}"
    (tmp_path / "benchmark").mkdir()
    excluded = load(tmp_path, settings).images.excluded
    assert excluded is not None
    assert excluded.path == str(tmp_path / "benchmark")


def test_commands_that_only_read_need_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    settings = {**changed("models/m", {**REMOTE, "api_key_env": "MY_KEY"}), "filter": "m"}
    (line,) = problems(tmp_path, settings)
    assert "MY_KEY is not set" in line
    assert load_settings(tmp_path / "my galaxy.yaml", to_read=True).filter == "m"
