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
from .scenarios import CASES, TITLES

mpl.use("Agg")
_FIGURES = {"wall": "wall time, s a host", "cpu": "CPU of the control node, s a host"}


def draw_plots(results: Mapping[str, Result], folder: Path) -> list[Path]:
    """Draw, for each scenario, what a host costs by case and contestant; return the PNG files."""
    return [draw_scenario(name, result, folder) for name, result in results.items() if result["turns"]]


def draw_scenario(name: str, result: Result, folder: Path) -> Path:
    """Draw one scenario: bars by case, on a logarithmic scale, because the contestants differ by factors."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    cases = [case for case in CASES if any(turn["case"] == case.name for turn in result["turns"])]
    contestants = result["settings"]["contestants"]
    width = 0.8 / len(contestants)
    for axes, (key, label) in zip(figure.subplots(1, len(_FIGURES)), _FIGURES.items(), strict=True):
        for place, contestant in enumerate(contestants):
            heights = [per_host(result, contestant, case.name, key) or 0 for case in cases]
            axes.bar([spot + place * width for spot in range(len(cases))], heights, width, label=TITLES[contestant])
        axes.set_yscale("log")
        axes.set_ylabel(label)
        axes.set_xticks([spot + 0.4 - width / 2 for spot in range(len(cases))], [case.name for case in cases])
        axes.grid(axis="y", alpha=0.4)
    settings = result["settings"]
    figure.suptitle(
        f"{settings['size']} hosts, {settings['connection']}, {settings['forks']} forks, {settings['strategy']}"
        " (check mode and nothing due: one ping; issuing: two)"
    )
    figure.axes[0].legend(fontsize="small")
    path = folder / f"{name}.png"
    figure.savefig(path, dpi=110)
    return path
