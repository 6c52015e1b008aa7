# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pkilint, an independent linter of RFC 5280, as judge of what the emulator signs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from private_ca_emulator import seeding
from private_ca_emulator.control import EmulatorControl
from private_ca_emulator.templates import FAMILIES, TEMPLATES

from .support import fetch, issue, make_csr
from .test_revocation import create_revoking_root, read_crl

EXPLAINED = {
    # BlankSubordinateCACertificate fixes no key usage (reference 3.2): whoever asks for it must bring one
    "BlankSubordinateCACertificate": {"pkix.ca_certificate_no_ku_extension"},
}
LINTER = Path(sys.executable).parent


def find_faults(linter: str, path: Path, *options: str) -> set[str]:
    """Codes of error level and above."""
    command = [LINTER / linter, "lint", *options, "-s", "ERROR", "-f", "JSON", path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    return {finding["code"] for result in report["results"] for finding in result["finding_descriptions"]}


def test_no_certificate_of_any_family_has_an_error_that_is_not_explained(
    client: Any, root_arn: str, tmp_path: Path
) -> None:
    csr = make_csr(key=rsa.generate_private_key(65537, 2048))
    for family in FAMILIES:
        if family.root:
            continue
        name = next(name for name, template in TEMPLATES.items() if template.family is family)
        arn = issue(client, root_arn, Csr=csr, TemplateArn=seeding.template_arn(root_arn, name))
        path = tmp_path / f"{name}.pem"
        path.write_text(fetch(client, root_arn, arn)["Certificate"] + "\n")
        explained = EXPLAINED.get(family.name.partition("_PathLen")[0], set())
        assert find_faults("lint_pkix_cert", path) - explained == set(), name


def test_no_root_certificate_has_an_error(client: Any, root_arn: str, tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_text(
        client.get_certificate_authority_certificate(CertificateAuthorityArn=root_arn)["Certificate"] + "\n"
    )
    assert find_faults("lint_pkix_cert", path) == set()


def test_no_crl_has_an_error(client: Any, make_client: Any, control: EmulatorControl, tmp_path: Path) -> None:
    for crl_type in ("COMPLETE", "PARTITIONED"):
        root, leaf = create_revoking_root(client, make_client, crl_type=crl_type)
        client.revoke_certificate(
            CertificateAuthorityArn=root,
            CertificateSerial=f"{leaf.serial_number:x}",
            RevocationReason="KEY_COMPROMISE",
        )
        control.advance(1800)
        path = tmp_path / "list.crl"
        path.write_bytes(read_crl(make_client, leaf))
        assert find_faults("lint_crl", path, "-t", "CRL", "-p", "PKIX") == set(), crl_type
