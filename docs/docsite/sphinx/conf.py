# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings of `make docs`."""

from __future__ import annotations

project = "fleet_pki.aws_private_ca"
author = "The fleet_pki.aws_private_ca authors"
extensions = ["sphinx_antsibull_ext"]
default_role = "any"
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "alabaster"
html_copy_source = False
