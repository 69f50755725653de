"""Sphinx's settings; tools/site/build.py sets the language and the title."""

project = "lenet"
author = "The founders of lenet"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
napoleon_custom_sections = ["Source", "Assumption"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
