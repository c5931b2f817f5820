"""Pins what a deployment installs: `constraints.txt`, made of the environment that was tested.

python -m docs.pin_constraints          # writes
python -m docs.pin_constraints --check  # fails when it does not pin what pyproject.toml wants

    pip install 'taskgalaxy[aws,postgres]' -c constraints.txt
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FILE = ROOT / "constraints.txt"
EXTRAS = ("aws", "postgres")
"""What deployments add; vLLM has an environment of its own, and tests are not deployed."""

HEAD = "# made by `python -m docs.pin_constraints`; for Linux with Python 3.11\n"


def wanted() -> list[Requirement]:
    """Return what pyproject.toml asks for, with the extras of deployments."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in optional[extra])]
    return [Requirement(line) for line in lines]


def installed(requirements: list[Requirement]) -> dict[str, str]:
    """Return name and version of everything that these need, all the way down."""
    found: dict[str, str] = {}
    waiting = list(requirements)
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        try:
            there = distribution(one.name)
        except PackageNotFoundError:
            continue  # for another platform
        # A local part, such as +cpu, names a build that no index holds.
        found[canonicalize_name(one.name)] = there.version.partition("+")[0]
        waiting += _needed(there.requires or [], one.extras)
    return dict(sorted(found.items()))


def _needed(lines: list[str], extras: set[str]) -> Iterator[Requirement]:
    for line in lines:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def problems(text: str) -> Iterator[str]:
    """Yield what is wrong with a constraints file."""
    pins: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        name, separator, version = line.partition("==")
        if not separator or set(line) & set("@/: "):
            yield f"{line!r} is no name==version"
        pins[name] = version
    for requirement in wanted():
        pinned = pins.get(canonicalize_name(requirement.name))
        if pinned is None:
            yield f"{requirement.name} is not pinned"
        elif not requirement.specifier.contains(pinned, prereleases=True):
            yield f"{requirement.name}=={pinned} is not what pyproject.toml wants ({requirement})"


def main() -> int:
    """Write or check the file."""
    if "--check" in sys.argv:
        found = list(problems(FILE.read_text("utf-8")))
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    pins = installed(wanted())
    FILE.write_text(HEAD + "".join(f"{name}=={pins[name]}\n" for name in pins), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
