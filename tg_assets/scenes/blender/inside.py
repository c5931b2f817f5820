"""What runs inside Blender's process: a folder with a scene in, pictures and masks out.

    python inside.py FOLDER

FOLDER holds ``scene.json`` and a ``.npz`` of triangles per thing, as `rendering` writes them.
Written: ``frame-00.png`` and ``mask-00.png`` per frame, ``done.json`` last. Imports nothing of the
project: the Python that has Blender need not have anything else.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

NO_BLENDER = 3
"""Exit status when there is no bpy here."""


def main(folder: Path) -> None:
    """Draw the scene of a folder."""
    try:
        import bpy
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(NO_BLENDER)
    scene = json.loads((folder / "scene.json").read_text())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    _prepare(bpy, scene)
    _ground(bpy, scene)
    _lights(bpy, scene)
    things = [_thing(bpy, folder, thing) for thing in scene["things"]]
    for number, frame in enumerate(scene["frames"]):
        for thing, at in zip(things, frame, strict=True):
            thing.location = (at["x"], at["y"], 0)
            thing.scale = (at["size"],) * 3
            thing.rotation_euler = (0, 0, math.radians(at["turn"]))
        _render(bpy, folder / f"frame-{number:02}.png", scene["samples"])
    _show_numbers(bpy, things)
    for number, frame in enumerate(scene["frames"]):
        for thing, at in zip(things, frame, strict=True):
            thing.location = (at["x"], at["y"], 0)
            thing.scale = (at["size"],) * 3
            thing.rotation_euler = (0, 0, math.radians(at["turn"]))
        _render(bpy, folder / f"mask-{number:02}.png", 1)
    done = {"frames": len(scene["frames"]), "blender": bpy.app.version_string}
    (folder / "done.json").write_text(json.dumps(done))


def _prepare(bpy: Any, scene: dict[str, Any]) -> None:
    """Set the camera and the engine."""
    of, camera = bpy.context.scene, scene["camera"]
    of.render.engine = "CYCLES"
    of.cycles.device = "CPU"
    of.cycles.seed = scene["seed"]
    of.cycles.max_bounces = 6
    of.render.threads_mode = "FIXED"
    of.render.threads = scene["threads"]
    of.render.resolution_x = of.render.resolution_y = camera["pixels"]
    of.render.resolution_percentage = 100
    of.render.image_settings.file_format = "PNG"
    of.render.image_settings.color_mode = "RGB"
    of.view_settings.view_transform = "Standard"
    data = bpy.data.cameras.new("camera")
    data.angle = 2 * math.atan(camera["width"] / 2 / camera["distance"])
    data.clip_end = 1000
    eye = bpy.data.objects.new("camera", data)
    eye.location = camera["origin"]
    eye.rotation_euler = (math.radians(90 - camera["elevation"]), 0, 0)
    of.collection.objects.link(eye)
    of.camera = eye


def _lights(bpy: Any, scene: dict[str, Any]) -> None:
    """Put a soft sun in the sky and a bright room around everything."""
    from mathutils import Vector

    data = bpy.data.lights.new("sun", "SUN")
    data.energy = 2.6
    data.angle = 0.25
    sun = bpy.data.objects.new("sun", data)
    sun.rotation_euler = Vector(scene["light"]).to_track_quat("Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(sun)
    world = bpy.data.worlds.new("room")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.9, 0.95, 1.0, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.55


def _ground(bpy: Any, scene: dict[str, Any]) -> None:
    """Lay the ground, in one of the patterns of `looks`."""
    bpy.ops.mesh.primitive_plane_add(size=60)
    ground = bpy.context.object
    ground.name = "ground"
    material = _material(bpy, "ground", {"roughness": 0.7})
    tree = material.node_tree
    first, second = ((*color, 1) for color in scene["ground"]["colors"])
    surface = tree.nodes["Principled BSDF"].inputs["Base Color"]
    if scene["ground"]["pattern"] == "plain":
        surface.default_value = first
    else:
        kind = {"tiles": "ShaderNodeTexChecker", "planks": "ShaderNodeTexBrick"}
        texture = tree.nodes.new(kind[scene["ground"]["pattern"]])
        texture.inputs["Color1"].default_value = first
        texture.inputs["Color2"].default_value = second
        texture.inputs["Scale"].default_value = 2.0
        if "Mortar" in texture.inputs:
            texture.inputs["Mortar"].default_value = (*(0.7 * c for c in second[:3]), 1)
            texture.inputs["Mortar Size"].default_value = 0.008
            texture.inputs["Brick Width"].default_value = 4.0
        place = tree.nodes.new("ShaderNodeNewGeometry")
        tree.links.new(place.outputs["Position"], texture.inputs["Vector"])
        tree.links.new(texture.outputs["Color"], surface)
    ground.data.materials.append(material)


SURFACES: dict[str, dict[str, float]] = {
    "plastic": {"roughness": 0.25},
    "rubber": {"roughness": 0.9},
    "metal": {"roughness": 0.18, "metallic": 1.0},
    "wood": {"roughness": 0.55, "grain": 1.0},
    "stone": {"roughness": 0.95, "grain": 1.0},
    "glass": {"roughness": 0.02, "transmission": 0.92},
}


def _material(bpy: Any, name: str, surface: dict[str, float]) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    inputs = material.node_tree.nodes["Principled BSDF"].inputs
    inputs["Roughness"].default_value = surface["roughness"]
    inputs["Metallic"].default_value = surface.get("metallic", 0.0)
    inputs["Transmission Weight"].default_value = surface.get("transmission", 0.0)
    return material


def _painted(bpy: Any, name: str) -> Any:
    """Return a material that takes its colour from the triangles."""
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = _material(bpy, name, SURFACES[name])
    tree = material.node_tree
    color = tree.nodes.new("ShaderNodeVertexColor")
    color.layer_name = "paint"
    output = color.outputs["Color"]
    if "grain" in SURFACES[name]:
        output = _grained(tree, name, output)
    tree.links.new(output, tree.nodes["Principled BSDF"].inputs["Base Color"])
    return material


def _grained(tree: Any, name: str, color: Any) -> Any:
    """Return the colour, darker where the grain of wood or stone runs."""
    where = tree.nodes.new("ShaderNodeTexCoord")
    if name == "wood":
        texture = tree.nodes.new("ShaderNodeTexWave")
        texture.wave_type = "RINGS"
        texture.inputs["Scale"].default_value = 5.0
        texture.inputs["Distortion"].default_value = 3.0
    else:
        texture = tree.nodes.new("ShaderNodeTexNoise")
        texture.inputs["Scale"].default_value = 45.0
    tree.links.new(where.outputs["Object"], texture.inputs["Vector"])
    level = tree.nodes.new("ShaderNodeMapRange")
    level.inputs["To Min"].default_value = 0.45
    level.inputs["To Max"].default_value = 1.1
    value = texture.outputs[1] if len(texture.outputs) > 1 else texture.outputs[0]
    tree.links.new(texture.outputs.get("Fac") or value, level.inputs["Value"])
    mix = tree.nodes.new("ShaderNodeVectorMath")
    mix.operation = "MULTIPLY"
    tree.links.new(color, mix.inputs[0])
    tree.links.new(level.outputs[0], mix.inputs[1])
    return mix.outputs[0]


def _thing(bpy: Any, folder: Path, thing: dict[str, Any]) -> Any:
    import numpy as np

    with np.load(folder / thing["triangles"], allow_pickle=False) as arrays:
        corners, normals = arrays["corners"], arrays["normals"]
        colors, materials = arrays["colors"], arrays["materials"]
    n = len(corners)
    mesh = bpy.data.meshes.new(thing["triangles"])
    mesh.from_pydata(corners.reshape(-1, 3).tolist(), [], np.arange(3 * n).reshape(n, 3).tolist())
    used = sorted(set(materials.tolist()))
    for number in used:
        mesh.materials.append(_painted(bpy, thing["materials"][number]))
    slots = [used.index(number) for number in materials.tolist()]
    mesh.polygons.foreach_set("material_index", slots)
    mesh.polygons.foreach_set("use_smooth", [True] * n)
    paint = mesh.color_attributes.new("paint", "FLOAT_COLOR", "CORNER")
    rgba = np.concatenate([np.repeat(colors, 3, axis=0), np.ones((3 * n, 1), np.float32)], axis=1)
    paint.data.foreach_set("color", rgba.ravel().astype(np.float32))
    mesh.normals_split_custom_set(normals.reshape(-1, 3).tolist())
    made = bpy.data.objects.new(thing["triangles"], mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def _render(bpy: Any, file: Path, samples: int) -> None:
    of = bpy.context.scene
    of.cycles.samples = samples
    of.cycles.use_denoising = samples > 1
    of.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)


def _show_numbers(bpy: Any, things: list[Any]) -> None:
    """Make everything glow in its number, each pixel seen through its middle alone."""
    of = bpy.context.scene
    of.view_settings.view_transform = "Raw"
    of.render.dither_intensity = 0
    of.cycles.pixel_filter_type = "BOX"
    of.render.filter_size = 0.01
    of.cycles.use_adaptive_sampling = False
    for number, thing in enumerate([bpy.data.objects["ground"], *things]):
        glow = bpy.data.materials.new(f"number {number}")
        glow.use_nodes = True
        tree = glow.node_tree
        tree.nodes.clear()
        light = tree.nodes.new("ShaderNodeEmission")
        light.inputs[0].default_value = (number / 255,) * 3 + (1,)
        out = tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(light.outputs[0], out.inputs[0])
        thing.data.materials.clear()
        thing.data.materials.append(glow)
        for polygon in thing.data.polygons:
            polygon.material_index = 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
