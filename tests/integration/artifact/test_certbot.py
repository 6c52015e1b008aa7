# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide on moving over has certbot do. That what was adopted stays then is in tests/unit/host."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from pages import quote_command


def lay_out_lineage(folder: Path, name: str) -> None:
    """Make certbot's record of a certificate, with links to its files, as certbot does."""
    lines = ["version = 5.0.0", f"archive_dir = {folder / 'archive' / name}"]
    for kind in ("cert", "privkey", "chain", "fullchain"):
        file, link = folder / f"archive/{name}/{kind}1.pem", folder / f"live/{name}/{kind}.pem"
        for path in (file, link):
            path.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("of no importance")
        link.symlink_to(file)
        lines.append(f"{kind} = {link}")
    (folder / "renewal").mkdir(exist_ok=True)
    (folder / f"renewal/{name}.conf").write_text("\n".join([*lines, "[renewalparams]", ""]))


def test_the_guides_command_has_certbot_forget_that_certificate_and_no_other(engine: Path, tmp_path: Path) -> None:
    for name in ("example", "other"):
        lay_out_lineage(tmp_path, name)
    settings = tmp_path / "letsencrypt/cli.ini"
    settings.parent.mkdir()
    folders = "".join(f"{kind}-dir = {tmp_path}\n" for kind in ("config", "work", "logs"))
    settings.write_text(f"{folders}non-interactive = true\n")
    program, *arguments = quote_command("guide_moving_over", "certbot delete").split()
    command = [str(engine.with_name(program)), *arguments]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert [path.stem for path in (tmp_path / "renewal").iterdir()] == ["other"]
    assert [path.name for path in (tmp_path / "live").iterdir() if path.is_dir()] == ["other"]
