"""The `tg` command as a user meets it: help, checks, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tg_assets.settings import load_settings

TG = str(Path(sys.executable).with_name("tg"))
COMMANDS = ("run", "ui", "check", "serve")
SMALL = {
    "name": "small",
    "home": "home of it",
    "sources": [{"kind": "rendered", "name": "drawn", "count": 2}],
    "task_tree": {"seeds": "embedded", "model": "embedded"},
    "filter": "embedded",
    "ask": "embedded",
    "referees": {"ada": "embedded", "bob": "embedded"},
}


def tg(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "TG_CONFIG"}
    return subprocess.run(
        [TG, *words],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def written(folder: Path, **changes: object) -> Path:
    file = folder / "galaxy.yaml"
    file.write_text(yaml.safe_dump({**SMALL, **changes}), encoding="utf-8")
    return file


def test_help_names_every_command(tmp_path: Path) -> None:
    done = tg(tmp_path, "--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    done = tg(tmp_path, command, "--help")
    assert done.returncode == 0
    assert "--config" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_and_an_unknown_option_exit_2(tmp_path: Path) -> None:
    for words in (["rn"], ["run", "--jsno"]):
        done = tg(tmp_path, *words)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_check_says_what_would_be_done_and_writes_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    done = tg(tmp_path, "check", "--config", "galaxy.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("small: ")
    assert f"tables under {tmp_path / 'home of it'}" in done.stdout
    assert "task types" in done.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["galaxy.yaml"]


def test_check_warns_of_referees_with_one_voice(tmp_path: Path) -> None:
    written(tmp_path)
    done = tg(tmp_path, "check", "-c", "galaxy.yaml")
    assert "referees ada, bob ask the same model in the same way" in done.stderr


def test_check_without_a_file_checks_the_embedded_default(tmp_path: Path) -> None:
    done = tg(tmp_path, "check")
    assert done.returncode == 0
    assert done.stdout.startswith("demo: ")
    assert done.stderr == ""


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = written(tmp_path)
    assert tg(tmp_path, "check", TG_CONFIG=str(file)).stdout.startswith("small: ")


@pytest.mark.parametrize("command", ["check", "run", "ui", "serve"])
def test_bad_settings_exit_2_with_a_line_each_and_nothing_else(
    tmp_path: Path, command: str
) -> None:
    written(tmp_path, hom="x", filter="embeded")
    done = tg(tmp_path, command, "-c", "galaxy.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["galaxy.yaml: hom: unknown key; did you mean 'home'?"]
    assert [file.name for file in tmp_path.iterdir()] == ["galaxy.yaml"]


def test_bad_settings_of_a_json_run_leave_standard_output_empty(tmp_path: Path) -> None:
    done = tg(tmp_path, "run", "--json", "-c", "nowhere.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "nowhere.yaml: there is no such file\n"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("seeds.yaml", "[]", "seeds.yaml: holds no task type"),
        ("withdrawn.csv", "kind,id\nimage,photo.jpg\n", "withdrawn.csv, row 1: 'photo.jpg' is no"),
    ],
)
def test_an_unusable_file_beside_the_settings_exits_2(
    tmp_path: Path, name: str, content: str, line: str
) -> None:
    (tmp_path / name).write_text(content)
    tree = {"seeds": "seeds.yaml" if name == "seeds.yaml" else "embedded", "model": "embedded"}
    withdrawals = "withdrawn.csv" if name == "withdrawn.csv" else None
    written(tmp_path, task_tree=tree, withdrawals=withdrawals)
    done = tg(tmp_path, "check", "-c", "galaxy.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert line in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_over_unusable_seeds_exits_2_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "seeds.yaml").write_text("a: [b\n")
    written(tmp_path, task_tree={"seeds": "seeds.yaml", "model": "embedded"})
    done = tg(tmp_path, "run", "--json", "-c", "galaxy.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "seeds.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_run_exits_130_and_says_what_is_kept(tmp_path: Path) -> None:
    written(tmp_path, sources=[{"kind": "rendered", "name": "drawn", "count": 500}])
    with subprocess.Popen(
        [TG, "run", "--json", "-c", "galaxy.yaml"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _wait_until((tmp_path / "home of it" / "images").exists, process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert output == ""
    assert "Interrupted. What was answered is in the ledger" in errors
    assert "Traceback" not in errors


def _wait_until(ready: object, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 100
    while not ready():  # type: ignore[operator]
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_second_run_on_the_same_galaxy_is_kept_off(tmp_path: Path) -> None:
    from tg_assets.instance import alone_on

    config = tmp_path / "galaxy.yaml"
    config.write_text((Path(__file__).parents[2] / "examples" / "embedded.yaml").read_text())
    with alone_on(load_settings(config)):
        done = subprocess.run(
            [sys.executable, "-m", "tg_assets.cli", "run", "--config", str(config)],
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 2
    assert "another `tg run` works on" in done.stderr
    assert "Traceback" not in done.stderr
