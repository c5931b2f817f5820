"""Audits what a deployment installs: pip-audit over `constraints.txt`, where that is possible.

    python -m docs.audit_constraints        # or: make audit

pip-audit comes into an environment of its own, `.venv-audit`, when the database of vulnerabilities
can be reached at all. Where it cannot, or pip-audit cannot be installed, that is said in one line
and is no failure; a vulnerability that is found is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FILE = ROOT / "constraints.txt"
ENVIRONMENT = ROOT / ".venv-audit"
PIP_AUDIT = "pip-audit>=2.9,<3"
DATABASE = "https://pypi.org/pypi"
"""Where pip-audit asks. A mirror may answer in its place and know of no vulnerabilities."""
REACHED_S, INSTALLED_S, AUDITED_S = 5, 60, 60


def not_reached() -> str | None:
    """Return why the database cannot be reached, null when it can: one pin is asked about."""
    name, _, version = FILE.read_text("utf-8").splitlines()[1].partition("==")
    page = f"{DATABASE}/{name}/{version}/json"
    try:
        with urllib.request.urlopen(page, timeout=REACHED_S) as answer:
            found = json.loads(answer.read())
    except (OSError, ValueError) as error:
        return f"the database is not reached: {page}: {error}"
    if "vulnerabilities" not in found:
        return f"the database is not reached: {page} says nothing of vulnerabilities"
    return None


def not_installed() -> str | None:
    """Install pip-audit, if it is not there; returns why that failed, null when it is there."""
    python = ENVIRONMENT / "bin" / "python"
    commands = [
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        [str(python), "-m", "pip", "install", "--quiet", PIP_AUDIT],
    ]
    if (ENVIRONMENT / "bin" / "pip-audit").exists():
        return None
    for command in commands:
        try:
            subprocess.run(command, check=True, timeout=INSTALLED_S, capture_output=True)
        except (subprocess.SubprocessError, OSError) as error:
            return f"{PIP_AUDIT} cannot be installed: {error}"
    return None


def audited() -> list[dict[str, Any]] | str:
    """Return what pip-audit says of each package, or why it says nothing."""
    program = str(ENVIRONMENT / "bin" / "pip-audit")
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    try:
        done = subprocess.run(
            [program, *options, "-r", str(FILE)],
            timeout=AUDITED_S,
            stdout=subprocess.PIPE,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"the database took more than {AUDITED_S} s"
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return f"pip-audit ended with {done.returncode} and said nothing of packages, see above"
    return found


def main() -> None:
    """Audit, or say why not."""
    found = not_reached() or not_installed() or audited()
    if isinstance(found, str):
        print(f"constraints.txt is not audited: {found}")
        return
    known = [package for package in found if "skip_reason" not in package]
    print(f"constraints.txt: {len(known)} of {len(found)} packages are audited")
    vulnerable = [package for package in known if package["vulns"]]
    for package in vulnerable:
        for one in package["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {one['id']}; mended by {mended}")
    sys.exit(1 if vulnerable else 0)


if __name__ == "__main__":
    main()
