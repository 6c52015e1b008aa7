#!/usr/bin/env bash
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Build the reference of every plugin and role as HTML into build/docs, or the directory given; a warning is a failure.
# Nothing is downloaded.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

docs=${1:-build/docs}
rst=$docs/rst
rm -rf "$docs"
mkdir -p "$rst"
chmod go-w "$rst" # antsibull-docs insists
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$rst" fleet_pki.aws_private_ca
cp docs/docsite/sphinx/elsewhere.rst "$rst"
sphinx-build -q -W --keep-going -b html -c docs/docsite/sphinx "$rst" "$docs/html"
echo "$docs/html/index.html"
