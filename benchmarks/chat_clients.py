"""One client asking about pictures, measured; run by `benchmarks.chat`, one process a client.

    python benchmarks/chat_clients.py taskgalaxy --url http://... --folder PICTURES

Each asks one question a picture, reads the picture from its file, and ends with one line of JSON.
Peers run in environments of their own, so nothing of this project is imported but by its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TEXT = "Does the question fit the picture and its task? Reply with a vote, 0 or 1."
SCHEMA = {
    "type": "object",
    "properties": {"vote": {"type": "integer", "enum": [0, 1]}},
    "required": ["vote"],
    "additionalProperties": False,
}
Client = Callable[[str, list[Path], int], int]


def pictures_of(folder: str, requests: int) -> list[Path]:
    """Return one picture a request, the folder's over and over."""
    files = sorted(Path(folder).iterdir())
    return [files[number % len(files)] for number in range(requests)]


def messages(picture: Path) -> list[dict[str, Any]]:
    """Return what is said about a picture, its bytes in base64."""
    encoded = base64.b64encode(picture.read_bytes()).decode()
    url = {"url": f"data:image/jpeg;base64,{encoded}"}
    content = [{"type": "image_url", "image_url": url}, {"type": "text", "text": TEXT}]
    return [{"role": "user", "content": content}]


async def _bounded(
    pictures: list[Path], concurrency: int, ask_one: Callable[[Path], Awaitable[int]]
) -> int:
    """Ask about every picture, so many at a time, as users of asyncio do."""
    slots = asyncio.Semaphore(concurrency)

    async def one(picture: Path) -> int:
        async with slots:
            return await ask_one(picture)

    return sum(await asyncio.gather(*(one(picture) for picture in pictures)))


def taskgalaxy(url: str, pictures: list[Path], concurrency: int) -> int:
    """This project's path, from questions to committed answers."""
    from resources.chat.asking import ask
    from resources.chat.ledger import Ledger
    from resources.chat.messages import ImageRef
    from resources.chat.openai_compatible import OpenAIChat
    from resources.chat.stages import Question
    from tg_assets import ids
    from tg_assets.referee_scores.prompts import stage
    from tg_assets.settings_models import OpenAIModel, Price

    settings = OpenAIModel(
        provider="openai",
        model="gpt-4o",
        base_url=url,
        api_key_env=None,
        price=Price(input=2.5, output=10),
        concurrency=concurrency,
        items_per_request=1,
    )
    names = {picture: ids.image_id(picture.read_bytes()) for picture in set(pictures)}
    questions = [
        Question(
            {"task_label": "ocr", "question": f"What is {number}?", "answer": "It is."},
            ImageRef(names[picture], str(picture)),
        )
        for number, picture in enumerate(pictures)
    ]
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
        begin()
        answers, _ = ask(stage("answer"), questions, OpenAIChat("gpt-4o", settings), ledger)
        ledger.close()
    return sum(answer.value == 1 for answer in answers)


def _openai(url: str, pictures: list[Path], concurrency: int, **options: Any) -> int:
    import openai

    client = openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0, **options)
    reply_format = {"type": "json_schema", "json_schema": {"name": "vote", "schema": SCHEMA}}

    async def ask_one(picture: Path) -> int:
        said = await asyncio.to_thread(messages, picture)
        reply = await client.chat.completions.create(  # type: ignore[call-overload]
            model="gpt-4o", messages=said, response_format=reply_format
        )
        return int(json.loads(reply.choices[0].message.content)["vote"])

    begin()
    return asyncio.run(_bounded(pictures, concurrency, ask_one))


def openai_default(url: str, pictures: list[Path], concurrency: int) -> int:
    """The OpenAI SDK as it comes; nothing is kept."""
    return _openai(url, pictures, concurrency)


def openai_aiohttp(url: str, pictures: list[Path], concurrency: int) -> int:
    """The OpenAI SDK with its aiohttp transport; nothing is kept."""
    import openai

    return _openai(url, pictures, concurrency, http_client=openai.DefaultAioHttpClient())


def distilabel(url: str, pictures: list[Path], concurrency: int) -> int:
    """The language model of distilabel, without its pipeline's processes; nothing is kept."""
    from distilabel.models import OpenAILLM

    model = OpenAILLM(model="gpt-4o", base_url=url, api_key="none", max_retries=0)
    model.load()

    async def ask_one(picture: Path) -> int:
        said = await asyncio.to_thread(messages, picture)
        reply = await model.agenerate(input=said, response_format={"type": "json_object"})
        return int(json.loads(reply["generations"][0])["vote"])

    begin()
    return asyncio.run(_bounded(pictures, concurrency, ask_one))


def curator(url: str, pictures: list[Path], concurrency: int) -> int:
    """Bespoke curator with its cache on disk."""
    os.environ["TELEMETRY_ENABLED"] = "false"
    os.environ["CURATOR_DISABLE_RICH_DISPLAY"] = "1"
    os.environ["OPENAI_API_KEY"] = "none"
    # it counts tokens with a vocabulary that tiktoken would download; litellm ships the same
    vocabularies = Path(str(find_spec("litellm").origin)).parent / "litellm_core_utils/tokenizers"  # type: ignore[union-attr]
    os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(vocabularies))
    from bespokelabs import curator as library

    class Voter(library.LLM):  # type: ignore[misc]
        def prompt(self, row: dict[str, Any]) -> Any:
            return f"{TEXT} {row['number']}", library.types.Image(url=row["picture"])

        def parse(self, row: dict[str, Any], response: str) -> list[dict[str, Any]]:
            return [{"vote": json.loads(response)["vote"]}]

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CURATOR_CACHE_DIR"] = folder
        voter = Voter(
            model_name="gpt-4o",
            backend="openai",
            backend_params={
                "base_url": url,
                "max_requests_per_minute": 10_000_000,
                "max_tokens_per_minute": 10_000_000_000,
                "max_concurrent_requests": concurrency,
                "max_retries": 0,
            },
        )
        rows = [{"number": n, "picture": str(picture)} for n, picture in enumerate(pictures)]
        begin()
        answered = voter(rows)
        dataset = getattr(answered, "dataset", answered)
        return sum(dataset["vote"])


CLIENTS: dict[str, Client] = {
    "taskgalaxy": taskgalaxy,
    "openai": openai_default,
    "openai-aiohttp": openai_aiohttp,
    "distilabel": distilabel,
    "curator": curator,
}
_begun: list[tuple[float, float]] = []


def begin() -> None:
    """Start the clocks: imports and making questions are behind."""
    _begun.append((time.perf_counter(), time.process_time()))


def main() -> None:
    """Run one client and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", required=True, help="of the pictures")
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--concurrency", type=int, default=64)
    given = parser.parse_args()
    pictures = pictures_of(given.folder, given.requests)
    answered = CLIENTS[given.client](given.url, pictures, given.concurrency)
    wall, cpu = time.perf_counter(), time.process_time()
    if answered != given.requests:
        raise SystemExit(f"{given.client}: {answered} of {given.requests} requests were answered")
    started = _begun[0]
    figures = {
        "requests_per_s": round(given.requests / (wall - started[0]), 1),
        "cpu_ms_per_request": round(1000 * (cpu - started[1]) / given.requests, 3),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
