# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the last results into docs/benchmarks.md, between its markers, so that no figure there was typed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

BEGIN = "<!-- results: begin, made by make bench BENCH=--publish -->"
END = "<!-- results: end -->"


def publish(results: Path, documents: Path, names: Iterable[str]) -> None:
    """Replace what is between the markers by results/report.md and the plots of the scenarios of these names."""
    page = documents / "benchmarks.md"
    images = documents / "images"
    images.mkdir(exist_ok=True)
    shown = []
    for plot in images.glob("benchmark-*.png"):
        plot.unlink()
    for name in names:
        if (results / f"{name}.png").exists():
            shutil.copy(results / f"{name}.png", images / f"benchmark-{name}.png")
            shown.append(f"![What a host costs in scenario {name}](images/benchmark-{name}.png)\n")
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _old, after = rest.split(END)
    report = (results / "report.md").read_text(encoding="utf-8")
    content = "\n".join([*shown, report.strip()])
    page.write_text(f"{before}{BEGIN}\n\n{content}\n\n{END}{after}", encoding="utf-8")
