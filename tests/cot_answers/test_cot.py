"""Step-by-step answers: an optional stage with a column and an export of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from resources.chat.stages import Question, UnusableReply
from resources.galaxy import Galaxy
from tg_assets.cot_answers.prompts import STAGE, as_text
from tg_assets.forecasting.forecast import forecast
from tg_assets.instance import open_instance
from tg_assets.pass_report import PassReport
from tg_assets.settings import load_settings
from tg_assets.walk import walk

QUESTION = [Question({"question": "How many?"})]
SETTINGS: dict[str, Any] = {
    "name": "reasoned",
    "sources": [{"kind": "rendered", "name": "drawn", "count": 8}],
    "task_tree": {"seeds": "embedded", "model": "embedded"},
    "filter": "embedded",
    "ask": "embedded",
    "referees": {"ada": "embedded", "bob": "embedded"},
    "dataset": {"min_score": 1},
    "checks": {"min_referee_agreement": 0, "min_referee_accuracy": 0},
}


def write(folder: Path, **settings: Any) -> Path:
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump(SETTINGS | {"home": str(folder / "home")} | settings))
    return file


def run(folder: Path, **settings: Any) -> tuple[Galaxy, PassReport]:
    loaded = load_settings(write(folder, **settings))
    galaxy = Galaxy(loaded)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")  # opening the instance sets it
        with open_instance(loaded) as instance:
            report = walk(galaxy, instance)
    assert not report.failures, report.failures
    return galaxy, report


def test_samples_get_step_by_step_answers_when_the_settings_say_so(tmp_path: Path) -> None:
    galaxy, before = run(tmp_path)
    assert galaxy.tables.read("cot_answers").is_empty()
    assert "llava_cot" not in before.paths

    galaxy, report = run(tmp_path, cot="embedded")
    samples = galaxy.tables.read("balanced_dataset")
    reasoned = galaxy.tables.read("cot_answers")
    ran = {name for name, stage in report.stages.items() if stage.ran}
    assert ran == {"cot_answers", "published_dataset"}
    assert reasoned["sample_id"].to_list() == samples["sample_id"].to_list()
    assert reasoned["cot_answer"].null_count() == 0

    llava = json.loads(Path(report.paths["llava_cot"]).read_text(encoding="utf-8"))
    texts = dict(reasoned.select("sample_id", "cot_answer").iter_rows())
    assert {row["id"]: row["conversations"][1]["value"] for row in llava} == texts
    for row in llava:
        assert (Path(report.paths["llava"]) / row["image"]).is_file()

    import datasets

    loaded = datasets.load_dataset(report.paths["huggingface"], split="train")
    assert dict(zip(loaded["sample_id"], loaded["cot_answer"], strict=True)) == texts
    assert "cot_answer" in (Path(report.paths["huggingface"]) / "README.md").read_text()

    _, again = run(tmp_path, cot="embedded")
    assert not any(stage.ran for stage in again.stages.values())


def test_forecast_prices_step_by_step_answers(tmp_path: Path) -> None:
    galaxy, _ = run(tmp_path)
    samples = galaxy.tables.rows("balanced_dataset")
    before = forecast(Galaxy(load_settings(write(tmp_path, cot="embedded"))))
    assert before.lines[-1].stage == "cot_answers"
    assert before.total("questions").expected == samples
    galaxy, report = run(tmp_path, cot="embedded")
    assert report.stages["cot_answers"].requests == samples
    assert forecast(galaxy).total("questions").high == 0


def test_answer_stands_last_and_whether_it_is_the_sample_s_own_is_told(tmp_path: Path) -> None:
    galaxy, _ = run(
        tmp_path, cot="embedded", models={"embedded": {"provider": "embedded", "error_rate": 0}}
    )
    rows = galaxy.tables.read("balanced_dataset").join(
        galaxy.tables.read("cot_answers"), on="sample_id"
    )
    same = rows.filter(pl.col("same_answer"))
    assert same.height > rows.height / 2
    for answer, reasoned in same.select("answer", "cot_answer").iter_rows():
        assert reasoned.splitlines()[-1] == f"Answer: {answer}"


def test_reply_becomes_steps_and_an_answer() -> None:
    text = 'Sure: {"steps": [" I see two cups. ", "", "One is red."], "answer": 1}'
    (value,) = STAGE.parse(text, QUESTION)
    assert as_text(value) == "I see two cups.\nOne is red.\nAnswer: 1"


@pytest.mark.parametrize(
    "reply",
    [
        {"steps": [], "answer": "two"},
        {"steps": ["  "], "answer": "two"},
        {"steps": "I see two.", "answer": "two"},
        {"steps": ["I see two."], "answer": " "},
        {"steps": ["I see two."]},
        {"steps": ["I see two."], "answer": True},
    ],
)
def test_reply_without_steps_or_answer_is_no_answer(reply: dict[str, Any]) -> None:
    with pytest.raises(UnusableReply):
        STAGE.parse(json.dumps(reply), QUESTION)


@given(st.text())
def test_no_text_raises_anything_but_unusable_reply(text: str) -> None:
    try:
        (value,) = STAGE.parse(text, QUESTION)
    except UnusableReply:
        return
    assert value is not None
