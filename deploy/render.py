"""Renders what follows from the settings: ``python -m deploy.render``.

For Kubernetes a file of config maps (the settings, and the instance that they describe), for ECS
the instance alone, which its image or a volume has to bring.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tg_assets.engine.instance_config import instance_config
from tg_assets.settings import Settings
from tg_assets.settings_file import read_settings_file

HERE = Path(__file__).parent
HOME = Path("/opt/dagster/home")


def settings_of(file: Path) -> Settings:
    """Return settings as they are written: what they name is elsewhere."""
    return Settings.model_validate(read_settings_file(file))


def config_maps(file: Path) -> str:
    """Return the manifests of the settings and of the instance that they describe."""
    settings = settings_of(file)
    kubernetes = settings.engine.kubernetes if settings.engine else None
    if kubernetes is None:
        raise ValueError(f"{file}: engine.kubernetes is missing")
    maps = [
        _config_map("taskgalaxy-instance", kubernetes.namespace, "dagster.yaml", _instance(file)),
        _config_map(
            kubernetes.settings_config_map,
            kubernetes.namespace,
            "galaxy.yaml",
            file.read_text(encoding="utf-8"),
        ),
    ]
    return "# Made from galaxy.yaml by `python -m deploy.render`.\n" + yaml.safe_dump_all(
        maps, sort_keys=False
    )


def _instance(file: Path) -> str:
    return yaml.safe_dump(instance_config(settings_of(file), HOME), sort_keys=False)


def _config_map(name: str, namespace: str, key: str, text: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: text},
    }


def rendered() -> dict[Path, str]:
    """Return everything that is rendered, by file."""
    return {
        HERE / "kubernetes" / "rendered.yaml": config_maps(HERE / "kubernetes" / "galaxy.yaml"),
        HERE / "ecs" / "dagster.yaml": _instance(HERE / "ecs" / "galaxy.yaml"),
    }


if __name__ == "__main__":
    for path, text in rendered().items():
        path.write_text(text, encoding="utf-8")
        print(path)
