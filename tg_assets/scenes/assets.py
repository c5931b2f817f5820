"""The asset `scenes`: a rendered picture and its scene graph are written by one step."""

from __future__ import annotations

import polars as pl

from resources import progress
from tg_assets.artifact import Made, Work, artifact
from tg_assets.ids import image_id
from tg_assets.scenes.families.worlds import world_of
from tg_assets.scenes.rendering import is_rendered, render_uri
from tg_assets.tables import SCENES
from tg_assets.tables_io import write_whole
from tg_assets.withdrawals.respected import WITHDRAWN, withdrawn_images


@artifact("images")
def scenes(work: Work) -> Made:
    """Scene graphs of the pictures the project draws itself; empty for photos."""
    (shard,), galaxy = work.keys, work.galaxy
    files = work.tables.read("shard_files", shard)
    rendered = files.filter(pl.col("uri").map_elements(is_rendered, pl.Boolean))
    withdrawn = withdrawn_images(work.tables)
    left_out = []
    rows = []
    for done, file in enumerate(rendered.iter_rows(named=True), start=1):
        drawn = render_uri(file["uri"], galaxy.library, galaxy.renderer.render)
        name = image_id(drawn.png)
        path = work.tables.root / "images" / shard / f"{name}.png"
        if name in withdrawn:
            left_out.append(name)
            path.unlink(missing_ok=True)
            if "world" in drawn.scene.facts:
                galaxy.renderer.forget(world_of(drawn.scene))
            continue
        write_whole(path, drawn.png)
        rows.append(
            {
                "image_id": name,
                "uri": str(path),
                "source": file["source"],
                "license": file["license"],
                "family": drawn.scene.family,
                "scene": drawn.scene.to_json(),
            }
        )
        progress.report(f"scenes {shard}", done, rendered.height)
    if rendered.height:
        galaxy.renderer.cache.trim()
    frame = pl.DataFrame(rows, schema=dict(SCENES.columns)).unique("image_id", keep="first")
    families = frame.group_by("family").len().sort("family")
    return Made(
        frame,
        metadata={f"{family} (scenes)": count for family, count in families.iter_rows()},
        facts={WITHDRAWN: sorted(left_out)} if left_out else {},
        preview=frame.select("image_id", "family", "scene"),
    )
