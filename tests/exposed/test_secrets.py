"""A planted secret is in nothing that is written: tables, ledger, event log, console, reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

KEY = "sk-planted-5ecre7-0123456789"
AWS = "planted/aws+5ecre7/abcdef"
PASSWORD = "planted-5ecre7-pass"
TG = [sys.executable, "-W", "ignore", "-m", "tg_assets.cli"]


class Echo(BaseHTTPRequestHandler):
    """Refuses every key, and says which it was, as real endpoints do."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        said = f"Incorrect API key provided: {self.headers['authorization']}. Ask your admin."
        body = json.dumps({"error": {"message": said, "type": "auth", "code": "bad_key"}}).encode()
        self.send_response(401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def tg(folder: Path, *words: str) -> str:
    """Run `tg` with the secrets in its environment; return all that it said."""
    done = subprocess.run(
        [*TG, *words, "--config", "galaxy.yaml"],
        cwd=folder,
        env={**os.environ, "PLANTED_KEY": KEY, "AWS_SECRET_ACCESS_KEY": AWS},
        capture_output=True,
        text=True,
        timeout=200,
    )
    return done.stdout + done.stderr


def written(folder: Path, url: str, **changes: Any) -> None:
    model = {"provider": "openai", "model": "m", "base_url": url, "api_key_env": "PLANTED_KEY"}
    settings = {
        "name": "planted",
        "home": "home",
        "sources": [{"kind": "rendered", "name": "drawn", "count": 2, "families": ["grid"]}],
        "task_tree": {"seeds": "seeds.yaml", "model": "embedded"},
        "clip": {"device": "cpu"},
        "filter": "embedded",
        "ask": "remote",
        "referees": {"ada": "remote"},
        "dataset": {"min_score": 1},
        "models": {"remote": {**model, "price": {"input": 1, "output": 1}}},
        **changes,
    }
    (folder / "galaxy.yaml").write_text(yaml.safe_dump(settings))
    (folder / "seeds.yaml").write_text(yaml.safe_dump({"counting": ["object counting"]}))


def holding(folder: Path, secret: str) -> list[str]:
    """Return the files below a folder that hold a secret, apart from the settings themselves."""
    return [
        str(file)
        for file in folder.rglob("*")
        if file.is_file() and file.name != "galaxy.yaml" and secret.encode() in file.read_bytes()
    ]


def test_keys_are_in_nothing_that_a_failing_pass_writes_or_says(
    tmp_path: Path, endpoint: str
) -> None:
    written(tmp_path, endpoint)
    said = tg(tmp_path, "run", "--json")
    assert "raw_qa[" in said  # it failed where the key was used
    assert "Incorrect API key" in said
    assert (tmp_path / "home" / "state" / "dagster" / "history").exists()  # the event log
    for secret in (KEY, AWS):
        assert secret not in said
        assert holding(tmp_path, secret) == []


def test_a_password_in_a_url_is_not_said(tmp_path: Path, endpoint: str) -> None:
    url = f"postgresql://tg:{PASSWORD}@127.0.0.1:1/ledger"
    written(tmp_path, endpoint, ledger=url)
    said = tg(tmp_path, "costs") + tg(tmp_path, "check")
    assert "127.0.0.1" in said or "ledger" in said
    assert PASSWORD not in said
    assert holding(tmp_path, PASSWORD) == []


@pytest.mark.timeout(120)
def test_keys_come_from_aws_secrets_manager(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from moto.server import ThreadedMotoServer

    from resources import aws_secrets
    from tg_assets.settings import SettingsError, load_settings

    for name, value in (("ACCESS_KEY_ID", "a"), ("SECRET_ACCESS_KEY", "b"), ("SESSION_TOKEN", "c")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("PLANTED_KEY", "")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    where = {"region": "eu-central-1", "endpoint_url": f"http://{host}:{port}"}
    try:
        client = boto3.client(
            "secretsmanager", region_name="eu-central-1", endpoint_url=where["endpoint_url"]
        )
        stored = {"PLANTED_KEY": KEY, "PATH": "/evil"}
        client.create_secret(Name="keys", SecretString=json.dumps(stored))
        client.create_secret(Name="text", SecretString=KEY)
        before = os.environ["PATH"]
        written(tmp_path, endpoint, secrets={"aws": ["keys"], **where})
        load_settings(tmp_path / "galaxy.yaml")
        assert os.environ["PLANTED_KEY"] == KEY
        assert os.environ["PATH"] == before  # no variable but those that the settings name
        for name, why in (("gone", "ResourceNotFoundException"), ("text", "is no JSON object")):
            monkeypatch.setenv("PLANTED_KEY", "")
            written(tmp_path, endpoint, secrets={"aws": [name], **where})
            with pytest.raises(SettingsError, match=why) as caught:
                load_settings(tmp_path / "galaxy.yaml")
            assert KEY not in str(caught.value)
    finally:
        server.stop()
        aws_secrets._fetched.cache_clear()
