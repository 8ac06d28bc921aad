"""Write constraints.txt: the newest versions that work together, frozen on each real Python.

Where the interpreters agree, a package has one line; where they differ, one line a Python with
a marker. Takes the interpreters as arguments (default: python3.11 python3.12 python3.13).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# The versions that the tests pass with, frozen on each Python by `make constraints`.
# pyproject.toml holds the ranges that Loupe accepts.
"""


def requirements() -> list[str]:
    """Every dependency and every extra's, but for the project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [*project["dependencies"], *(line for line in extras if not line.startswith("loupe["))]


def frozen(python: str) -> tuple[str, dict[str, str]]:
    """``("3.11", {package: version})`` of a fresh environment with everything in it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        inside = Path(folder) / "bin" / "python"
        subprocess.run([inside, "-m", "pip", "install", "-q", *requirements()], check=True)
        minor = "import sys; print('%d.%d' % sys.version_info[:2])"
        text = _output(inside, "-m", "pip", "freeze")
        pairs = (line.split("==", 1) for line in text.splitlines() if "==" in line)
        return _output(inside, "-c", minor).strip(), dict(pairs)


def merged(freezes: Mapping[str, Mapping[str, str]]) -> str:
    """The text of constraints.txt from ``{python: {package: version}}``."""
    pythons = sorted(freezes, key=lambda python: int(python.partition(".")[2]))
    lines = []
    for name in sorted({name for freeze in freezes.values() for name in freeze}, key=str.lower):
        versions = [freezes[python].get(name) for python in pythons]
        if len(set(versions)) == 1:
            lines.append(f"{name}=={versions[0]}")
            continue
        for version in sorted({version for version in versions if version}):
            have = [python for python, v in zip(pythons, versions, strict=True) if v == version]
            lines.append(f"{name}=={version}; {_marker(have, pythons)}")
    return HEAD + "\n".join(lines) + "\n"


def _marker(have: list[str], pythons: list[str]) -> str:
    """The shortest marker for a run of Pythons, open at the new end if it reaches that."""
    first, last = pythons.index(have[0]), pythons.index(have[-1])
    if have != pythons[first : last + 1]:
        return " or ".join(f"python_version == '{python}'" for python in have)
    bounds = [f"python_version >= '{have[0]}'"] if first > 0 else []
    if last < len(pythons) - 1:
        bounds.append(f"python_version < '{pythons[last + 1]}'")
    return " and ".join(bounds)


def _output(*command: object) -> str:
    return subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    found = dict(
        frozen(python) for python in sys.argv[1:] or ["python3.11", "python3.12", "python3.13"]
    )
    (ROOT / "constraints.txt").write_text(merged(found), encoding="utf-8")
    print(f"constraints.txt: frozen on {', '.join(found)}")
