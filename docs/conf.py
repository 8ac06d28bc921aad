"""How Sphinx builds these pages: Markdown through MyST, warnings are errors (`make docs`)."""

import tomllib
from pathlib import Path

_project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]

project = "Loupe"
author = "The Loupe developers"
project_copyright = "2026, The Loupe developers"
release = version = _project["version"]

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["conf.py"]

html_theme = "alabaster"
html_title = "Loupe"
html_theme_options = {
    "description": "Viewer and labeller for long multichannel recordings",
    "fixed_sidebar": True,
    "page_width": "1100px",
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_copy_source = False
