"""Sphinx: Markdown pages, offline theme."""

project = "Rapport"
author = "The Rapport founders"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Rapport"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
