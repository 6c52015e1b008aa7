#!/usr/bin/env bash
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Resolve requirements/dev.in into requirements/dev.txt, one file for every Python from 3.11 on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

resolver=.cache/lock
[ -x "$resolver/bin/uv" ] || {
    .venv/bin/python -m venv --clear "$resolver"
    "$resolver/bin/pip" install --quiet --disable-pip-version-check uv
}
resolved=$(mktemp)
trap 'rm -f "$resolved" "$resolved.complete"' EXIT
"$resolver/bin/uv" pip compile --quiet --universal --upgrade --python-version 3.11 --native-tls \
    --no-annotate --no-header --no-emit-index-url --output-file "$resolved" requirements/dev.in
{
    head -n 3 requirements/dev.txt
    cat "$resolved"
} >"$resolved.complete"
mv "$resolved.complete" requirements/dev.txt
echo "requirements/dev.txt now pins $(grep -c == requirements/dev.txt) packages"
