# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed over SSH is read in each format by the OpenSSL of each Debian release, and by Java."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, Site

from fleet.fleet import Fleet

PASSPHRASE = "correct horse battery"
LIVE = "cd {directory}/web/live; export KEYSTORE='{passphrase}'; "
PUBLIC_KEYS = {
    "privkey.pem": "openssl pkey -pubout -in privkey.pem",
    "cert.pem": "openssl x509 -noout -pubkey -in cert.pem",
    "fullchain.pem": "openssl x509 -noout -pubkey -in fullchain.pem",
    "privkey.der": "openssl pkey -pubout -inform DER -in privkey.der",
    "cert.der": "openssl x509 -noout -pubkey -inform DER -in cert.der",
    "combined.pem, the key": "openssl pkey -pubout -in combined.pem",
    "combined.pem, the certificate": "openssl x509 -noout -pubkey -in combined.pem",
    "keystore.p12, the key": (
        "openssl pkcs12 -in keystore.p12 -passin env:KEYSTORE -nodes -nocerts | openssl pkey -pubout"
    ),
    "keystore.p12, the certificate": (
        "openssl pkcs12 -in keystore.p12 -passin env:KEYSTORE -nokeys | openssl x509 -noout -pubkey"
    ),
}
CHAIN = "openssl verify -CAfile root.pem -untrusted chain.pem cert.pem"


def test_every_format_is_read_by_the_openssl_of_each_release_and_by_java(
    site: Site, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(3)
    formats: dict[str, Any] = {"formats": ["combined", "pkcs12", "der"], "keystore_passphrase": PASSPHRASE}
    run = site.keep(hosts.inventory, base_directory="{{ fleet_base_directory }}", **formats).require_success()
    for host in hosts:
        enter = LIVE.format(directory=host.base_directory, passphrase=PASSPHRASE)
        script = enter + "; echo next; ".join([CHAIN, *PUBLIC_KEYS.values()])
        chain, *keys = host.run(["sh", "-c", script]).stdout.split("next\n")
        assert chain == "cert.pem: OK\n"
        assert keys[0].startswith("-----BEGIN PUBLIC KEY-----"), host.name
        assert dict(zip(PUBLIC_KEYS, keys, strict=True)) == dict.fromkeys(PUBLIC_KEYS, keys[0]), host.name

        keystore = host.path(f"{host.base_directory}/web/live/keystore.p12")
        command = ["keytool", "-list", "-v", "-keystore", str(keystore), "-storetype", "PKCS12"]
        shown = subprocess.run([*command, "-storepass", PASSPHRASE], capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stdout
        assert "Entry type: PrivateKeyEntry" in shown.stdout
        serial = run.of_task(TASK)[host.name].result["certificate"]["serial"]
        assert f"Serial number: {serial}\n" in shown.stdout
