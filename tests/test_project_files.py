"""The files around the package say what they must, in step with each other."""

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tool(name):
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.exists():
        pytest.skip(f"{name} is not installed")
    return str(path)


@pytest.mark.parametrize(
    "command",
    [
        ["pre-commit", "validate-manifest", ".pre-commit-hooks.yaml"],
        ["pre-commit", "validate-config", ".pre-commit-config.yaml"],
        [
            "check-jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            ".github/workflows/ci.yml",
        ],
    ],
    ids=lambda command: command[-1],
)
def test_hooks_and_workflows_are_well_formed(command):
    done = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_versions_agree():
    import loupe

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["version"] == loupe.__version__
    assert f"\nversion: {loupe.__version__}\n" in citation


def test_every_dependency_has_a_tested_version():
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    wanted = [Requirement(line) for group in groups for line in group]
    for python in ("3.11", "3.12", "3.13"):
        here = {"python_version": python, "python_full_version": f"{python}.0"}
        pinned = {
            canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
            for pin in pins
            if pin.marker is None or pin.marker.evaluate(here)
        }
        for need in wanted:
            name = canonicalize_name(need.name)
            if name == "loupe" or (need.marker and not need.marker.evaluate(here)):
                continue
            assert name in pinned, f"{name} has no tested version on Python {python}"
            assert need.specifier.contains(pinned[name]), f"{need} excludes {pinned[name]}"


def test_the_readme_shows_pictures_that_are_there():
    import re

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_runner_counts_what_pytest_reports(tmp_path):
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from run_tests import Tally
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>'
    )
    tally = Tally()
    tally.add_report(report)
    assert (tally.passed, tally.failed, tally.skipped) == (3, 3, 3)
