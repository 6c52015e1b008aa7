#!/usr/bin/env bash
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Make .venv from requirements/dev.txt; with the argument `bare`, make it only, and install nothing yet.
# $PYTHON, if set, is the interpreter to use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

lock=requirements/dev.txt
installed=.venv/installed.txt # the lock file that .venv was made from: a new one, and nothing else, asks for an update

cmp -s "$lock" "$installed" && exit 0

is_suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 "$HOME"/.pyenv/versions/3.1[123].*/bin/python3; do
        if is_suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11, 3.12 or 3.13 is needed and was not found. On Debian 12 or newer: apt-get install python3 python3-venv" >&2
    return 1
}

mkdir -p .cache
exec 9>.cache/make_venv.lock
flock 9
cmp -s "$lock" "$installed" && exit 0

if ! [ -x .venv/bin/python ] || ! is_suitable .venv/bin/python; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "$python cannot make a virtual environment. Run: sudo apt-get install python$version-venv" >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
[ "${1:-}" != bare ] || exit 0
echo "Installing $lock into .venv"
.venv/bin/python -m pip install -qq --no-compile --disable-pip-version-check --require-virtualenv --requirement "$lock"
cp "$lock" "$installed"
