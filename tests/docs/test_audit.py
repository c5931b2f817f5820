"""The audit of what is installed says when it is none, rather than that nothing was found."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from docs import audit_constraints


@contextmanager
def database(says: dict[str, object]) -> Iterator[str]:
    """Answer every question about a package alike."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(says).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/pypi"
    server.shutdown()
    server.server_close()


def test_a_mirror_without_vulnerabilities_is_not_taken_for_the_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database({"info": {}}) as url:
        monkeypatch.setattr(audit_constraints, "DATABASE", url)
        audit_constraints.main()
    assert capsys.readouterr().out.startswith("constraints.txt is not audited: ")
    with database({"info": {}, "vulnerabilities": []}) as url:
        monkeypatch.setattr(audit_constraints, "DATABASE", url)
        assert audit_constraints.not_reached() is None


def test_a_database_that_is_away_is_said_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database({}) as url:
        monkeypatch.setattr(audit_constraints, "DATABASE", url)
    audit_constraints.main()
    assert "not reached" in capsys.readouterr().out
