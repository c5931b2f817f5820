"""Draws the graph of the definitions as Mermaid and puts it into the documents.

python -m docs.draw_graph          # writes
python -m docs.draw_graph --check  # fails when a document is not up to date
"""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg

from tg_assets.definitions import build_defs, wired
from tg_assets.partitions import EDGES
from tg_assets.settings import load_settings

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
BEGIN, END = "<!-- graph: drawn by docs/draw_graph.py -->", "<!-- end of graph -->"


def mermaid(defs: dg.Definitions) -> str:
    """Return the asset graph as a Mermaid flowchart, one box a group."""
    graph = defs.resolve_asset_graph()
    names = {key: key.to_user_string() for key in graph.materializable_asset_keys}
    groups: dict[str, list[str]] = {}
    for part in wired(load_settings()):
        groups.setdefault(part.group, []).append(part.artifact.name)
    lines = ["flowchart LR"]
    for group, members in groups.items():
        lines.append(f"  subgraph {group}")
        for name in members:
            partitions = graph.get(dg.AssetKey(name)).partitions_def
            lines.append(f'    {name}["{name}<br/><i>{_dimensions(partitions)}</i>"]')
        lines.append("  end")
    for key, name in sorted(names.items(), key=lambda item: item[1]):
        for parent in sorted(names[parent] for parent in graph.get(key).parent_keys):
            tolerant = any(edge.tolerant for edge in EDGES[name] if edge.upstream == parent)
            lines.append(f"  {parent} {'-.->' if tolerant else '-->'} {name}")
    return "\n".join(lines)


def _dimensions(partitions: dg.PartitionsDefinition[str] | None) -> str:
    if partitions is None:
        return "one"
    if isinstance(partitions, dg.MultiPartitionsDefinition):
        return " x ".join(partitions.partition_dimension_names)
    return str(getattr(partitions, "name", None) or "referee")


def with_graph(text: str, graph: str) -> str:
    """Return a document with the graph between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n```mermaid\n{graph}\n```\n{END}{after}"


def main() -> int:
    """Write or check the documents."""
    graph = mermaid(build_defs(load_settings()))
    drawn = {path: with_graph(path.read_text("utf-8"), graph) for path in DOCUMENTS}
    stale = [path for path, text in drawn.items() if path.read_text("utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: the graph is not that of the definitions; run this")
        return 1 if stale else 0
    for path in stale:
        path.write_text(drawn[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
