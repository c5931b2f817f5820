"""The examples load, and say what they say they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tg_assets.settings import (
    Budget,
    Calibration,
    Checks,
    Clip,
    Dataset,
    EmbeddedModel,
    Evaluation,
    Match,
    OpenAIModel,
    Part,
    RenderedSource,
    Schedule,
    Settings,
    TaskTree,
    load_settings,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
Load = Callable[[str], Settings]
NAMES = ("embedded", "openai", "paper")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load a copy of an example as a user would: with a key, beside a folder of photos."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def load(name: str) -> Settings:
        copy = tmp_path / f"{name}.yaml"
        copy.write_text((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        for source in yaml.safe_load(copy.read_text(encoding="utf-8"))["sources"]:
            if "path" in source:
                (tmp_path / source["path"]).mkdir()
        return load_settings(copy)

    return load


def test_there_are_no_other_examples() -> None:
    assert sorted(file.stem for file in EXAMPLES.glob("*.yaml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_loads(example: Load, name: str) -> None:
    assert len(example(name).referees) == 3


def test_the_embedded_example_is_the_embedded_default(
    example: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert example("embedded") == load_settings()


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ("", Settings),
        ("task_tree", TaskTree),
        ("clip", Clip),
        ("match", Match),
        ("dataset", Dataset),
        ("checks", Checks),
        ("evaluation", Evaluation),
        ("calibration", Calibration),
        ("schedule", Schedule),
        ("budget", Budget),
    ],
)
def test_the_embedded_example_names_every_key(section: str, part: type[Part]) -> None:
    text = (EXAMPLES / "embedded.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# |#   |  # |  )?([a-z0-9_]+):", text, re.M))
    assert set(part.model_fields) <= named, section


def test_commented_values_are_the_defaults() -> None:
    """Uncommenting the sections changes nothing."""
    text = (EXAMPLES / "embedded.yaml").read_text(encoding="utf-8")
    shown = re.sub(r"^(  )?# (  )?(?=[a-z_]+:( |$))", r"\1\2", text, flags=re.M)
    assert shown != text
    settings = Settings.model_validate(yaml.safe_load(shown))
    assert settings == Settings.model_validate(yaml.safe_load(text))


def test_the_models_of_the_examples_name_every_key() -> None:
    texts = "".join((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8") for name in NAMES)
    for part in (OpenAIModel, EmbeddedModel, RenderedSource):
        assert all(f"{key}:" in texts for key in part.model_fields), part


def test_the_paper_is_the_papers(example: Load) -> None:
    paper = example("paper")
    assert (paper.clip.model, paper.clip.pretrained) == ("ViT-L-14", "openai")
    assert paper.match.top_k == 10
    assert (paper.dataset.min_score, paper.dataset.max_per_type) == (2, 55)
    assert sum(paper.task_tree.targets.values()) == 19_227
    assert paper.referee_sees == "question"
    for model in (paper.models[name] for name in paper.referees.values()):
        assert isinstance(model, OpenAIModel)
        assert model.api_key_env is None
        assert model.price.input == model.price.output == 0
        assert str(model.base_url).startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", NAMES)
def test_no_two_referees_of_an_example_are_the_same_voice(example: Load, name: str) -> None:
    settings = example(name)
    voices = [settings.models[model].model_dump_json() for model in settings.referees.values()]
    assert len(set(voices)) == len(voices)
