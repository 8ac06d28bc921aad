"""Pass the tests on every Python that is found, on the lowest declared versions, and as a wheel.

Four kinds of environment, each made afresh below ``out/compat``:

``3.11``, ``3.12``, ``3.13``
    The tested versions of constraints.txt; a Python that is not found is skipped with a reason.
``newest``
    The newest versions that the ranges of pyproject.toml accept.
``lowest``
    The lowest ones that pyproject.toml declares, on the oldest Python.
``wheel``
    What `pip install loupe` gives: the wheel, built from the sdist, in an otherwise empty
    environment; it writes the demos, validates and draws them.

Names of environments choose among them (default: all); arguments after ``--`` go to pytest.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "compat"
PYTHONS = ("3.11", "3.12", "3.13")
ENVIRONMENTS = (*PYTHONS, "newest", "lowest", "wheel")
LATER = "UP040,UP046,UP047"
"""Rules that ask for words which the oldest Python does not know: `type`, type parameters."""


def interpreter(version: str) -> str | None:
    """The path of Python ``version``, or None where there is none that starts."""
    candidates = [shutil.which(f"python{version}")]
    candidates += map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for candidate in filter(None, candidates):
        asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return candidate
    return None


def lowest_pins(python: str) -> str:
    """``name==version`` lines: the lowest declared versions of what Loupe and its extras need.

    uv resolves them, since a lower bound such as ``>=4.10`` need not be a version that exists; the
    tools that tests and documentation are made with stay at their tested versions.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for name in project["optional-dependencies"] if name not in ("dev", "docs")]
    inside = make("resolver", python)
    install(inside, "uv", name="resolver")
    words = [inside, "-m", "uv", "pip", "compile", "-q", "--no-header", "--no-annotate"]
    words += ["--resolution", "lowest-direct", "--python", inside, "pyproject.toml"]
    words += [word for name in extras for word in ("--extra", name)]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def make(name: str, python: str) -> Path:
    """A fresh environment for ``name`` and the path of its interpreter."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    run(python, "-m", "venv", folder)
    return folder / "bin" / "python"


def run(*command: object, **options: object) -> None:
    """Run one command in the project's root; raises CalledProcessError where it fails."""
    words = [str(word) for word in command]
    subprocess.run(words, check=True, **{"cwd": ROOT, **options})  # type: ignore[call-overload]


def install(python: Path, *what: object, name: str) -> None:
    """Pip-install ``what``; what pip says goes to a log beside the environment."""
    log = OUT / f"{name}.log"
    with log.open("w") as stream:
        words = [python, "-m", "pip", "install", "--disable-pip-version-check", *what]
        try:
            run(*words, stdout=stream, stderr=subprocess.STDOUT)
        except subprocess.CalledProcessError:
            sys.stdout.writelines(log.read_text().splitlines(keepends=True)[-25:])
            raise


def try_tests(name: str, python: str, rest: list[str]) -> None:
    """Make the environment ``name``, then types, lint and the whole suite in it."""
    inside = make(name, python)
    version = name if name in PYTHONS else PYTHONS[0] if name == "lowest" else PYTHONS[-1]
    if name == "lowest":
        pins = OUT / "lowest.txt"
        pins.write_text(lowest_pins(python), encoding="utf-8")
        install(inside, "-r", pins, "-e", ".[dev]", name=name)
    elif name == "newest":
        install(inside, "-e", ".[dev]", name=name)
    else:
        install(inside, "-c", "constraints.txt", "-e", ".[dev]", name=name)
        run(inside, "-m", "mypy", "--python-version", version, "--cache-dir", OUT / f"mypy-{name}")
        target = f"py{version.replace('.', '')}"
        run(inside, "-m", "ruff", "check", "--target-version", target, "--ignore", LATER, ".")
    environment = {**os.environ, "PATH": f"{inside.parent}{os.pathsep}{os.environ['PATH']}"}
    run(inside, "scripts/run_tests.py", "--", *rest, env=environment)


def try_wheel(python: str) -> None:
    """Build the sdist, from it the wheel; install that alone and use it outside the checkout."""
    dist = OUT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    builder = make("builder", python)
    install(builder, "build", name="builder")
    run(builder, "-m", "build", "--outdir", dist, ".")
    (wheel,) = dist.glob("*.whl")
    inside = make("wheel", python)
    install(inside, "-c", "constraints.txt", wheel, name="wheel")
    work = OUT / "elsewhere"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    bare = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    loupe = inside.parent / "loupe"
    for kind in ("sleep", "probe", "imaging"):
        session = f"{kind}/session.toml"
        run(loupe, "demo", kind, "--kind", kind, cwd=work, env=bare)
        run(loupe, "validate", session, cwd=work, env=bare)
        run(loupe, "render", session, f"{kind}.png", cwd=work, env=bare)
        size = (work / f"{kind}.png").stat().st_size
        if size < 10_000:
            raise SystemExit(f"wheel: {kind}.png has only {size} bytes")
    run(loupe, "schema", cwd=work, env=bare, stdout=subprocess.DEVNULL)


def main() -> int:
    """Try the environments that were asked for; 0 when none of those that could be made failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    own, _, rest = " ".join(sys.argv[1:]).partition("--")
    names = parser.parse_args(own.split()).names or list(ENVIRONMENTS)
    unknown = sorted(set(names) - set(ENVIRONMENTS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(ENVIRONMENTS)}")
    results = {}
    for name in names:
        version = name if name in PYTHONS else PYTHONS[0] if name == "lowest" else PYTHONS[-1]
        python = interpreter(version)
        if python is None:
            results[name] = f"skipped, no Python {version} was found"
            continue
        print(f"== {name}: {python}", flush=True)
        started = time.monotonic()
        try:
            try_wheel(python) if name == "wheel" else try_tests(name, python, rest.split())
        except subprocess.CalledProcessError as error:
            results[name] = f"failed: {error}"
        else:
            results[name] = f"passed in {time.monotonic() - started:.0f} s"
    for name, result in results.items():
        print(f"{name}: {result}")
    return int(any(result.startswith("failed") for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
