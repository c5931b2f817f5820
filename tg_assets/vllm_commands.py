"""`tg vllm`: the servers that keepers keep warm on this machine."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from resources.vllm import holding
from resources.vllm.order import keepers_folder

app = typer.Typer(help="The vLLM servers that are kept warm on this machine.", no_args_is_help=True)
SILENT = "does not answer; end it with kill -9, and what it keeps ends with it"


@app.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="One line of JSON a server.")] = False,
) -> None:
    """List the servers: model, devices, who holds them, how long they stay, where their log is."""
    kept = asyncio.run(holding.kept(keepers_folder()))
    console = Console()
    for one in kept:
        if json:
            console.out(orjson.dumps(one.status).decode(), highlight=False)
            continue
        lines = [f"{one.place}: {SILENT}"] if one.status is None else list(_told(one.status))
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if not kept and not json:
        console.print("no server is kept", highlight=False)


def _told(status: dict[str, Any]) -> list[str]:
    devices = ", ".join(status["devices"]) or "no devices yet"
    since = time.time() - status["since"]
    lines = [
        f"{status['model']} on {devices}: {status['phase']} for {since:.0f} s "
        f"(keeper {status['pid']})"
    ]
    lines += [f"  held by {holder['who']}" for holder in status["holders"]]
    if not status["holders"]:
        unused, idle = status["unused_s"], status["idle_s"]
        lines.append(f"  held by nobody for {unused:.0f} s; it ends after {idle:.0f} s")
    if status["url"]:
        lines.append(f"  {status['url']}")
    return [*lines, f"  log: {status['log']}"]


@app.command()
def stop(
    model: Annotated[str | None, typer.Argument(help="Which; all when absent.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also while runs hold it.")] = False,
) -> None:
    """End servers, and wait until their devices are free."""
    console = Console()
    kept = asyncio.run(holding.kept(keepers_folder()))
    wanted = [one for one in kept if model is None or (one.status or {}).get("model") == model]
    stays = bool(model) and not wanted
    if stays:
        console.print(f"no server of {model} is kept", markup=False, highlight=False)
    for one in wanted:
        ended = asyncio.run(holding.stop(one.place, force))
        if ended is None:
            line = f"{one.place}: {SILENT}"
        elif ended["stops"]:
            line = f"{ended['model']}: ended"
        else:
            holders = ", ".join(holder["who"] for holder in ended["holders"])
            line = f"{ended['model']}: is held by {holders}; --force ends it all the same"
        stays = stays or ended is None or not ended["stops"]
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if stays else 0)
