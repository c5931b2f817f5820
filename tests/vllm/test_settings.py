"""What settings make of a server: its command line, who shares it, what its answers depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resources.chat import openai_wire as wire
from resources.gpu import VISIBLE
from resources.vllm.chat import identity_of
from resources.vllm.command import arguments, environment, order_of
from resources.vllm.order import Order
from tg_assets.settings import VllmModel, load_settings

SETTINGS = """
name: judged
sources: [{kind: rendered, name: drawn, count: 4}]
task_tree: {seeds: embedded, model: embedded}
filter: embedded
ask: embedded
referees: {ada: big}
models:
  big:
    provider: vllm
    model: OpenGVLab/InternVL2-26B
    path: %s
    tensor_parallel: 2
dataset: {min_score: 1}
"""


def _model(**said: Any) -> VllmModel:
    return VllmModel(provider="vllm", model="org/model", **said)


def _order(model: VllmModel, folder: Path) -> Order:
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "vllm").touch()
    with_vllm = model.model_copy(update={"python": str(folder)})
    return order_of(with_vllm, folder / "log", folder, folder)


def test_the_command_line_says_what_the_settings_say() -> None:
    model = _model(
        path="/weights",
        tensor_parallel=4,
        max_model_len=4096,
        api_server_count=3,
        model_args=("--quantization", "fp8"),
        server_args=("--max-num-seqs", "512"),
    )
    said = " ".join(arguments(model))
    assert said.startswith("/weights --served-model-name org/model --dtype auto")
    assert "--tensor-parallel-size 4 --gpu-memory-utilization 0.9 --max-model-len 4096" in said
    assert '--api-server-count 3 --limit-mm-per-prompt {"image": 1}' in said
    assert said.endswith("--quantization fp8 --max-num-seqs 512")


@pytest.mark.parametrize(
    "said",
    [
        {"path": "/elsewhere"},
        {"python": "/env"},
        {"tensor_parallel": 2},
        {"server_args": ("--max-num-seqs", "9")},
        {"concurrency": 9},
        {"images": "base64"},
        {"idle_s": 1},
    ],
)
def test_how_a_model_is_run_asks_nothing_again(said: dict[str, Any]) -> None:
    assert identity_of(_model(**said)) == identity_of(_model())


@pytest.mark.parametrize(
    "said",
    [
        {"dtype": "float16"},
        {"model_args": ("--quantization", "fp8")},
        {"temperature": 0.5},
        {"max_image_side": 512},
    ],
)
def test_what_shapes_replies_is_part_of_the_answers_key(said: dict[str, Any]) -> None:
    assert identity_of(_model(**said)) != identity_of(_model())


def test_a_vllm_model_speaks_like_any_compatible_endpoint() -> None:
    spoken: wire.Spoken = _model()
    assert "org/model" in wire.identity_of(spoken)


def test_runs_that_see_other_devices_do_not_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE, "0")
    one = _order(_model(), tmp_path)
    assert _order(_model(max_tokens=77), tmp_path).key == one.key
    assert _order(_model(max_model_len=77), tmp_path).key != one.key
    monkeypatch.setenv(VISIBLE, "1")
    assert _order(_model(), tmp_path).key != one.key


def test_the_server_gets_nothing_that_is_meant_for_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    monkeypatch.setenv(VISIBLE, "0,1")
    env = environment(tmp_path / "bin", {"HF_TOKEN": "a secret"})
    assert "PYTHONPATH" not in env
    assert VISIBLE not in env
    assert env["PATH"].startswith(f"{tmp_path}/bin:")
    assert env["HF_TOKEN"] == "a secret"


@pytest.mark.parametrize(
    ("written", "read"), [("weights", "{base}/weights"), ("org/model", "org/model")]
)
def test_weights_are_a_folder_beside_the_file_or_a_name(
    tmp_path: Path, written: str, read: str
) -> None:
    (tmp_path / "weights").mkdir()
    file = tmp_path / "galaxy.yaml"
    file.write_text(SETTINGS % written)
    model = load_settings(file).models["big"]
    assert isinstance(model, VllmModel)
    assert model.path == read.format(base=tmp_path)
    assert model.price.input == 0
