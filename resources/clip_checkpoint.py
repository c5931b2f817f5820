"""The checkpoint behind the settings: what it is, without loading it, and loading it.

Importing this module loads neither torch nor open_clip.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from resources.clip_settings import SMALL, ClipError, ClipSettings
from tg_assets import ids

CONFIG_NAME = "open_clip_config.json"
WEIGHTS_NAME = "open_clip_model.safetensors"

_WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")


class Checkpoint:
    """Weights and architecture of a CLIP model.

    Raises:
        ClipError: From every attribute that needs what is not there; the message says what to do.
    """

    def __init__(self, settings: ClipSettings) -> None:
        self._settings = settings

    @cached_property
    def weights_id(self) -> str:
        """What identifies the weights: a digest of the file, else the name they go by."""
        path = self._path
        if path is None:
            return f"{self._settings.model}:{self._settings.pretrained}"
        return f"blake2b:{_file_digest(_weights_file(path))}"

    @cached_property
    def architecture(self) -> str:
        """The model's and its preprocessing's configuration, as text."""
        path = self._path
        if path is not None and path.is_dir():
            return json.dumps(json.loads((path / CONFIG_NAME).read_text()), sort_keys=True)
        if self._settings.model.startswith("hf-hub:"):
            return self._settings.model
        import open_clip

        self._check_name()
        name = self._settings.model.replace("/", "-")
        config = open_clip.get_model_config(name)
        tag = open_clip.get_pretrained_cfg(name, self._settings.pretrained or "")
        return json.dumps([config, tag], sort_keys=True)

    @cached_property
    def name(self) -> str:
        """The model's name as open_clip takes it."""
        path = self._path
        if path is not None and path.is_dir():
            return f"local-dir:{path}"
        if not self._settings.model.startswith("hf-hub:"):
            self._check_name()
        return self._settings.model

    def load(self, precision: str, device: str) -> Any:
        """Return open_clip's model, ready to encode."""
        import open_clip
        from safetensors import SafetensorError

        name, path, source = self.name, self._path, self._settings.pretrained
        if path is not None:
            weights = _weights_file(path)
            source = str(weights) if path.is_file() else None
        try:
            model = open_clip.create_model(
                name,
                pretrained=source,
                precision=precision,
                device=device,
                require_pretrained=True,
                weights_only=True,
            )
        except UnpicklingError as error:
            raise ClipError(
                f"clip checkpoint {path} is damaged or holds more than tensors, and is not loaded "
                "because unpickling it could run code: convert it to .safetensors"
            ) from error
        # open_clip asserts some shapes; torch and safetensors have errors of their own.
        except (RuntimeError, ValueError, KeyError, AssertionError, SafetensorError) as error:
            advice = "that the weights were made for this model" if path else "the network"
            raise ClipError(
                f"clip model {name!r} cannot be loaded from {path or source}: "
                f"{_first_lines(error)}; check {advice}"
            ) from error
        return model.eval().requires_grad_(False)

    @cached_property
    def _path(self) -> Path | None:
        path = self._settings.path
        if path is None:
            return None
        if not path.exists():
            raise ClipError(
                f"clip checkpoint {path} does not exist; name a .safetensors file or a folder "
                f"with {CONFIG_NAME}, or remove checkpoint and set pretrained"
            )
        if path.is_dir() and not (path / CONFIG_NAME).is_file():
            raise ClipError(
                f"clip checkpoint {path} is a folder without {CONFIG_NAME}; "
                "name the weights file in it and set model to its open_clip name"
            )
        if path.is_file() and path.suffix not in _WEIGHT_SUFFIXES:
            raise ClipError(f"clip checkpoint {path}: expected a file in {_WEIGHT_SUFFIXES}")
        return path

    def _check_name(self) -> None:
        """Refuse what open_clip does not know, and say what it may have meant."""
        import open_clip

        name, tag = self._settings.model.replace("/", "-"), self._settings.pretrained
        if open_clip.get_model_config(name) is None:
            raise ClipError(
                f"clip model {self._settings.model!r} is unknown to open_clip "
                f"{open_clip.__version__}{_did_you_mean(name, [SMALL, *open_clip.list_models()])}"
            )
        tags = open_clip.list_pretrained_tags_by_model(name)
        if self._settings.path is not None:
            return
        if tag is None:
            raise ClipError(
                f"clip model {name!r} has no weights: set checkpoint, or pretrained to one of "
                f"{tags or 'none (open_clip publishes none for it)'}"
            )
        if not open_clip.is_pretrained_cfg(name, tag):
            raise ClipError(
                f"clip model {name!r} has no published weights {tag!r}"
                f"{_did_you_mean(tag, tags)}; there are {tags}"
            )


def _weights_file(path: Path) -> Path:
    """Return the file that open_clip reads for this checkpoint."""
    if path.is_file():
        return path
    weights = sorted(path.glob("*.safetensors")) or sorted(
        file for file in path.iterdir() if file.suffix in (".bin", ".pth")
    )
    if len(weights) != 1:
        found = [file.name for file in weights] or "none"
        raise ClipError(
            f"clip checkpoint {path}: expected exactly one weights file ({WEIGHTS_NAME}), "
            f"found {found}; remove the others or name the file in checkpoint"
        )
    return weights[0]


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.blake2b(digest_size=ids.ID_CHARS // 2)
        ).hexdigest()


def _did_you_mean(name: str, known: list[str]) -> str:
    by_lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.4)
    return f"; did you mean {', '.join(by_lower[other] for other in close)}?" if close else ""


def _first_lines(error: Exception, lines: int = 3) -> str:
    """The beginning of an error that may list every tensor of the model."""
    return " ".join(line.strip() for line in str(error).splitlines()[:lines])[:500]
