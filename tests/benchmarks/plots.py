# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from .ratios import Result, per_host
from .scenarios import BASELINE, CASES, COLLECTION, FLOOR, ROLE, TITLES

mpl.use("Agg")
_FIGURES = {"wall": "wall time, ms a host", "cpu": "CPU of the control node, ms a host"}
_COLOURS = {COLLECTION: "tab:blue", ROLE: "tab:cyan", BASELINE: "tab:orange", FLOOR: "tab:grey"}
"""By contestant, the same in every plot, whoever took part."""


def draw_plots(results: Mapping[str, Result], folder: Path) -> list[Path]:
    """Draw, for each scenario, what a host costs by case and contestant; return the PNG files."""
    return [draw_scenario(name, result, folder) for name, result in results.items() if result["turns"]]


def draw_scenario(name: str, result: Result, folder: Path) -> Path:
    """Draw one scenario: bars by case, from zero, each with its figure."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    cases = [case for case in CASES if any(turn["case"] == case.name for turn in result["turns"])]
    contestants = result["settings"]["contestants"]
    width = 0.8 / len(contestants)
    for axes, (key, label) in zip(figure.subplots(1, len(_FIGURES)), _FIGURES.items(), strict=True):
        for place, contestant in enumerate(contestants):
            heights = [1000 * (per_host(result, contestant, case.name, key) or 0) for case in cases]
            spots = [spot + place * width for spot in range(len(cases))]
            bars = axes.bar(spots, heights, width, label=TITLES[contestant], color=_COLOURS[contestant])
            axes.bar_label(bars, fmt="{:.0f}", fontsize="x-small")
        axes.set_ylabel(label)
        axes.set_xticks([spot + 0.4 - width / 2 for spot in range(len(cases))], [_break(case.title) for case in cases])
        axes.margins(y=0.1)
        axes.spines[["top", "right"]].set_visible(False)
    settings = result["settings"]
    figure.suptitle(
        f"{settings['size']} hosts, {settings['connection']}, {settings['forks']} forks, {settings['strategy']}"
        " (ping: one where nothing is issued, two where a certificate is)"
    )
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(contestants), frameon=False
    )
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=110)
    return path


def _break(title: str) -> str:
    return title.replace(" on ", "\non ")
