"""A user's own models: what a 3D file holds, as a solid."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tg_assets.scenes.solids.paints import COLORS
from tg_assets.scenes.solids.solid import (
    MATERIAL_NUMBER,
    Floats,
    Solid,
    corner_normals,
    linear,
    normalised,
)
from tg_assets.task_space.library import LibraryError

SUFFIXES = (".glb", ".obj", ".ply", ".stl")
UPRIGHT_Y = (".glb", ".obj")
"""Formats whose files have y up and z towards the viewer, by standard or by custom."""
MOST_FACES = 500_000
CREASE = 40.0


def solid_from(file: Path) -> Solid:
    """Return the model in a file, in the colours that it has there.

    A file without colours is painted as its object's attributes say. Materials beyond their
    colour, such as metal, are not read: a surface is shown as plastic.

    Args:
        file: Of a format of `SUFFIXES`. Where the format has no direction of its own (ply, stl),
            z is up and the front faces negative y.

    Raises:
        LibraryError: The file is missing, cannot be read, holds no faces or too many.
    """
    stamp = file.stat().st_mtime_ns if file.is_file() else 0
    return _solid_from(file, stamp)


@lru_cache(maxsize=64)
def _solid_from(file: Path, stamp: int) -> Solid:
    """Return the model of a file as it was at a time: a file that changes is read again."""
    meshes = _meshes(file)
    faces = sum(len(mesh.faces) for mesh in meshes)
    if not faces:
        raise LibraryError(
            f"{file} holds no faces: only surfaces can be drawn, not points or lines"
        )
    if faces > MOST_FACES:
        raise LibraryError(
            f"{file} has {faces:,} faces, at most {MOST_FACES:,} can be drawn; simplify it"
        )
    if not all(np.isfinite(mesh.vertices).all() for mesh in meshes):
        raise LibraryError(f"{file} has vertices that are no numbers")
    if not np.ptp(np.concatenate([mesh.vertices for mesh in meshes]), axis=0).any():
        raise LibraryError(f"{file} has no extent: all its vertices lie in one point")
    upright = file.suffix.lower() in UPRIGHT_Y
    corners, normals, colors, plain = zip(*(_arrays(mesh, upright) for mesh in meshes), strict=True)
    material = np.full(faces, MATERIAL_NUMBER["plastic"], np.uint8)
    return normalised(
        np.concatenate(corners),
        np.concatenate(normals),
        np.concatenate(colors),
        material,
        np.concatenate(plain),
    )


def _meshes(file: Path) -> list[Any]:
    import trimesh

    if file.suffix.lower() not in SUFFIXES:
        raise LibraryError(f"{file}: models are files of {', '.join(SUFFIXES)}")
    if not file.is_file():
        raise LibraryError(f"{file} does not exist; a model is a file in the library's folder")
    try:
        scene = trimesh.load_scene(file, process=False)
        found = scene.dump()
    except Exception as error:  # trimesh's readers raise whatever their parsers raise
        raise LibraryError(
            f"{file} cannot be read as a 3D model: {type(error).__name__}: {error}"
        ) from error
    return [mesh for mesh in found if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]


def _arrays(
    mesh: Any, upright: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], Floats, NDArray[np.bool_]]:
    """Return corners, normals, colours, and which faces have no colour of their own."""
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    vertices = np.asarray(mesh.vertices, np.float64)
    if upright:
        vertices = np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], axis=1)
    colors = _colors(mesh)
    n = len(mesh.faces)
    if colors is None:
        colors, plain = np.tile(linear(COLORS["gray"]), (n, 1)), np.ones(n, bool)
    else:
        plain = np.zeros(n, bool)
    faces = np.asarray(mesh.faces, np.int64)
    return vertices[faces], corner_normals(vertices, faces, CREASE), colors, plain


def _colors(mesh: Any) -> Floats | None:
    """Return the linear colour of each face; null where the file says none."""
    visual = mesh.visual
    if visual.kind == "texture":
        material = visual.material
        if material is None or (
            visual.uv is None and getattr(material, "main_color", None) is None
        ):
            return None
        visual = visual.to_color()
        if visual.kind is None:
            return linear(np.tile(np.asarray(material.main_color)[:3], (len(mesh.faces), 1)))
        vertex = np.asarray(visual.vertex_colors)[:, :3]
        return linear(vertex[mesh.faces].mean(axis=1))
    if visual.kind is None:
        return None
    return linear(np.asarray(visual.face_colors)[:, :3])
