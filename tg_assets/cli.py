"""The `tg` command."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tg_assets import (
    ask_commands,
    batch_commands,
    benchmark_commands,
    engine_commands,
    forecast_commands,
    ledger_commands,
    match_commands,
    performance_commands,
    propose_commands,
    query_commands,
    scene_graph_commands,
    soundness_commands,
    task_space_commands,
    trace_commands,
    vllm_commands,
)
from tg_assets.commanding import ConfigOption, errors, plain_words, say, settings_of

app = typer.Typer(
    name="tg",
    help="A data engine for vision-language models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(batch_commands.app, name="batches")
app.add_typer(benchmark_commands.app, name="benchmark")
app.add_typer(ledger_commands.app, name="ledger")
app.add_typer(match_commands.app, name="match")
app.add_typer(propose_commands.app, name="propose")
task_space_commands.app.add_typer(soundness_commands.app)
task_space_commands.app.add_typer(scene_graph_commands.app)
app.add_typer(query_commands.app, name="query")
app.add_typer(task_space_commands.app, name="task-space")
app.add_typer(vllm_commands.app, name="vllm")
app.command()(engine_commands.worker)
app.command()(ledger_commands.costs)
app.command()(forecast_commands.forecast)
app.command()(performance_commands.performance)
app.command()(ask_commands.ask)
app.command()(trace_commands.trace)


@app.command()
def run(
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON.")] = False,
) -> None:
    """Run the whole graph: register what is new, run what is not current, publish."""
    with plain_words():
        settings = settings_of(config)
        from tg_assets.running import run_pass

        report = run_pass(settings, as_json=json, config=config)
    raise typer.Exit(1 if report.failures else 0)


@app.command()
def ui(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option(help="Port it listens at.")] = 3000,
    host: Annotated[str, typer.Option(help="Who may connect; 0.0.0.0: everybody.")] = "127.0.0.1",
) -> None:
    """Open Dagster on the same instance that `tg run` fills."""
    from tg_assets.instance import instance_folder

    settings = settings_of(config)
    if not _is_free(port):
        say(f"port {port} is in use: end what uses it, or name another: tg ui --port {port + 1}")
        raise typer.Exit(2)
    os.environ["DAGSTER_HOME"] = str(instance_folder(settings))
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    if config is not None:
        os.environ["TG_CONFIG"] = str(config.resolve())
    dagster = str(Path(sys.executable).with_name("dagster"))
    workspace = Path(__file__).parent.parent / "workspace.yaml"
    where = ["-w", str(workspace)] if workspace.exists() else ["-m", "tg_assets.definitions"]
    os.execv(dagster, [dagster, "dev", *where, "-h", host, "-p", str(port)])


def _is_free(port: int) -> bool:
    with socket.socket() as taken:
        return taken.connect_ex(("127.0.0.1", port)) != 0


@app.command()
def check(config: ConfigOption = None) -> None:
    """Validate a settings file and say what it would do."""
    with plain_words():
        settings = settings_of(config)
        from tg_assets.checking import describe, remarks

        for line in list(describe(settings)):
            Console().print(line, markup=False, highlight=False, soft_wrap=True)
        for line in remarks(settings):
            say(line, "yellow")


@app.command()
def serve(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8765,
    host: Annotated[str, typer.Option(help="Who may connect; 0.0.0.0: everybody.")] = "127.0.0.1",
    delay: Annotated[
        float, typer.Option(help="Let each reply wait up to so many seconds.", min=0)
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the delays: in which order replies arrive.")] = 0,
) -> None:
    """Serve the embedded model over HTTP, OpenAI-compatible, for trying things out.

    It answers the project's prompts about pictures that the settings'
    galaxy rendered, from their scene graphs. Models have the names of the
    embedded models in the settings; any other name is an embedded model
    too, with the default error rate. The first line of output says where
    it listens. To use it, declare a model in another settings file:

    \b
    my-model:
      provider: openai
      model: my-model
      base_url: http://127.0.0.1:8765/v1
      api_key_env: null
      price: {input: 0, output: 0}

    GET /log (/log?after=N) lists what was asked, GET /v1/models the
    models, GET /health says whether it is up; all in JSON.
    """  # noqa: D301 - \b tells click to leave the lines as they are
    from resources.galaxy import Galaxy
    from tg_assets.serving import SceneServer, serve

    settings = settings_of(config)
    try:
        serve(SceneServer(settings, Galaxy(settings).scene, delay, seed), host, port)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        errors.print(f"{host}:{port}: {error.strerror or error}", style="red", markup=False)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
