"""Stands in for the program ``vllm`` in an environment that the tests make: a server in a second.

Like vLLM it starts processes that start processes and outlive their parents, and answers `/health`
and chat completions with a schema, images by uuid among them. Every process writes its id to a file
of its own in the folder that STAND_IN_FOLDER names.

STAND_IN_LOAD_S: seconds until it is healthy. STAND_IN_FAILS: it ends with this as its error.
STAND_IN_IS_DEAF: its processes do not end on SIGTERM. STAND_IN_LATENCY_S: how long a reply takes.
STAND_IN_FORGETS: it knows no picture by its name.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["STAND_IN_FOLDER"])


def note(kind: str) -> None:
    (FOLDER / f"{os.getpid()}.{kind}").touch()


def worker(depth: int) -> None:
    if "STAND_IN_IS_DEAF" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("worker")
    if depth:
        start_worker(depth - 1)
    time.sleep(600)


def start_worker(depth: int) -> None:
    subprocess.Popen([sys.executable, __file__, "worker", str(depth)], start_new_session=True)


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    shown: set[str] = set()

    def do_GET(self) -> None:
        self._answer(200, {"devices": os.environ.get("CUDA_VISIBLE_DEVICES")})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with (FOLDER / "requests.jsonl").open("a") as log:
            log.write(json.dumps(body) + "\n")
        for part in body["messages"][0]["content"]:
            if part["type"] == "image_url":
                forgets = "STAND_IN_FORGETS" in os.environ
                if part["image_url"] is None and (forgets or part["uuid"] not in self.shown):
                    self._answer(400, {"error": {"message": "Cache miss", "code": 400}})
                    return
                self.shown.add(part["uuid"])
        time.sleep(float(os.environ.get("STAND_IN_LATENCY_S", "0")))
        schema = body["response_format"]["json_schema"]["schema"]
        message = {"role": "assistant", "content": json.dumps(value(schema))}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        self._answer(200, {"model": body["model"], "choices": [choice], "usage": usage})

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def value(schema: dict[str, Any]) -> Any:
    """Return the plainest value that conforms."""
    if "enum" in schema:
        return schema["enum"][-1]
    kind = schema["type"]
    if kind == "object":
        return {name: value(part) for name, part in schema["properties"].items()}
    if kind == "array":
        return [value(schema["items"])] * schema.get("minItems", 0)
    return {"string": "a word", "boolean": True}.get(kind, 1)


def serve(arguments: list[str]) -> None:
    note("server")
    start_worker(1)
    time.sleep(float(os.environ.get("STAND_IN_LOAD_S", "0")))
    if "STAND_IN_FAILS" in os.environ:
        print("(EngineCore pid=1) INFO 11-24 09:15:41 [core.py:1] loading", flush=True)
        sys.exit(f"(EngineCore pid=1) RuntimeError: {os.environ['STAND_IN_FAILS']}")
    said = dict(itertools.pairwise(arguments))
    ThreadingHTTPServer((said["--host"], int(said["--port"])), Api).serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        worker(int(sys.argv[2]))
    serve(sys.argv[2:])
