# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of certificates on three Debian hosts, by the role, judged by openssl."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import ACTION, ROLE, MakeHosts, Site

from fleet.fleet import Fleet
from fleet.hosts import Host
from openssl_command import openssl
from playbook_run import PlaybookRun

STARTED = "/srv/started"


def play(site: Site, fleet: Fleet, *options: str, **variables: Any) -> PlaybookRun:
    """Run the role with two certificates on each host, one of which notifies a handler."""
    certificates = [
        {"name": "web", "notify": ["web changed"], "subject_alternative_names": variables.pop("names", None)},
        {"name": "mail", "key_algorithm": "RSA_2048", "common_name": "mail.example.com", "validity": {"value": 30}},
    ]
    role_variables = {
        "host_certificate_base_directory": "{{ fleet_base_directory }}",
        "host_certificate_certificate_authority_arn": site.authority,
        "host_certificate_certificates": [
            {name: value for name, value in certificate.items() if value is not None} for certificate in certificates
        ],
        **variables,
    }
    handler = {
        "name": "Note that the web certificate changed",
        "listen": "web changed",
        "ansible.builtin.command": {"cmd": f"sh -c 'echo changed >> {STARTED}'"},
    }
    return site.run(
        [{"ansible.builtin.import_role": {"name": ROLE}}],
        fleet.inventory,
        *options,
        vars=role_variables,
        handlers=[handler],
    )


def list_outcomes(run: PlaybookRun, host: str) -> list[tuple[str, bool]]:
    """Return action and changed of each certificate of the host."""
    return [(item["action"], item["changed"]) for item in run.of_task(ACTION)[host].result["results"]]


def require_sound(host: Host, lineage: str, common_name: str, names: list[str]) -> None:
    """Let openssl, on this machine, judge the chain, names and key that the host would serve."""
    live = host.path(f"{host.base_directory}/{lineage}").joinpath("generations")
    current = host.run(["readlink", f"{host.base_directory}/{lineage}/live"]).stdout.strip().rsplit("/", maxsplit=1)[-1]
    files = {name: live / current / f"{name}.pem" for name in ("cert", "chain", "fullchain", "root", "privkey")}
    openssl(
        "verify", "-x509_strict", "-no-CApath", "-CAfile", files["root"], "-untrusted", files["chain"], files["cert"]
    )
    text = openssl("x509", "-in", files["cert"], "-noout", "-subject", "-ext", "subjectAltName", "-nameopt", "RFC2253")
    assert f"CN={common_name}" in text
    assert all(name in text for name in names)
    public_keys = (
        openssl("x509", "-in", files["cert"], "-noout", "-pubkey"),
        openssl("pkey", "-in", files["privkey"], "-pubout"),
    )
    assert public_keys[0] == public_keys[1]
    assert files["fullchain"].read_text() == files["cert"].read_text() + files["chain"].read_text()
    assert files["root"].read_text() not in files["fullchain"].read_text()


def test_five_steps_of_the_role(site: Site, fleet: Callable[..., Fleet]) -> None:
    hosts = fleet(3)
    names = [host.name for host in hosts]

    check = play(site, hosts, "--check", "--diff").require_success()
    assert check.hosts_with("changed") == names
    assert all(list_outcomes(check, name) == [("issue", True), ("issue", True)] for name in names)
    assert not any(host.run(["test", "-e", host.base_directory], check=False).returncode == 0 for host in hosts)
    assert site.list_issued() == set()

    apply = play(site, hosts).require_success()
    assert all(list_outcomes(apply, name) == [("issue", True), ("issue", True)] for name in names)
    assert len(site.list_issued()) == 6
    for host in hosts:
        require_sound(host, "web", host.name, [f"DNS:{host.name}"])
        require_sound(host, "mail", "mail.example.com", [])
        assert host.run(["cat", STARTED]).stdout == "changed\n"
    assert f"issued: 6 ({names[0]} web, {names[0]} mail, " in apply.stdout
    assert "next renewal: " in apply.stdout

    again = play(site, hosts).require_success()
    assert again.hosts_with("changed") == []
    assert "unchanged: 6" in again.stdout
    assert all(host.run(["cat", STARTED]).stdout == "changed\n" for host in hosts)

    check_again = play(site, hosts, "--check", "--diff", "--tags", "host_certificate_certificates").require_success()
    assert check_again.hosts_with("changed") == []
    assert all(list_outcomes(check_again, name) == [("none", False), ("none", False)] for name in names)
    assert "unchanged: 6" not in check_again.stdout
    add_two_names(site, hosts)


def add_two_names(site: Site, hosts: Fleet) -> None:
    """Ask for two names more on each host: predicted, then done, for the web certificate alone."""
    names = [host.name for host in hosts]
    asked = len(site.list_issued())
    changed_names = ["DNS:{{ inventory_hostname }}", "DNS:www.example.com", "IP:10.0.0.7"]
    predicted = play(site, hosts, "--check", names=changed_names).require_success()
    changed = play(site, hosts, names=changed_names).require_success()
    for run in (predicted, changed):
        assert all(list_outcomes(run, name) == [("issue", True), ("none", False)] for name in names)
    reasons = [
        [reason["reason"] for reason in run.of_task(ACTION)[name].result["results"][0]["reasons"]]
        for run in (predicted, changed)
        for name in names
    ]
    assert reasons == [["names_changed"]] * (2 * len(names))
    for host in hosts:
        require_sound(host, "web", host.name, [f"DNS:{host.name}", "DNS:www.example.com", "IP Address:10.0.0.7"])
    assert len(site.list_issued()) == asked + len(names)


LACKING = 'raise ImportError("No module named cryptography")\n'
PACKAGE_MANAGER = """
import pathlib
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"name": {"required": True}, "state": {}, "lacking": {}}, supports_check_mode=True)
lacking = pathlib.Path(LACKING)
changed = module.params["name"].endswith("cryptography") and lacking.exists()
if changed and not module.check_mode:
    lacking.unlink()
module.exit_json(changed=changed)
"""


def test_the_role_installs_the_library_that_a_host_lacks_when_asked_to(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    (tmp_path / "shadow").mkdir()
    lacking, wrapper = tmp_path / "shadow/cryptography.py", tmp_path / "python-without-cryptography"
    lacking.write_text(LACKING)
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={lacking.parent} exec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    (tmp_path / "library").mkdir()
    (tmp_path / "library/tried.py").write_text(PACKAGE_MANAGER.replace("LACKING", repr(str(lacking))))
    inventory = local_hosts(
        web01={"ansible_python_interpreter": str(wrapper), "ansible_package_use": "ansible.legacy.tried"}
    )

    def keep(*options: str, **variables: Any) -> PlaybookRun:
        return site.run(
            [{"ansible.builtin.import_role": {"name": ROLE}}],
            inventory,
            *options,
            vars={
                "host_certificate_base_directory": "{{ base_directory }}",
                "host_certificate_certificate_authority_arn": site.authority,
                **variables,
            },
            environment={"ANSIBLE_LIBRARY": str(tmp_path / "library")},
        )

    assert "Install cryptography >= 3.3" in keep("--check").of_task(ACTION)["web01"].result["results"][0]["msg"]
    install = f"{ROLE} : Install the distribution's package of cryptography"
    predicted = keep("--check", host_certificate_install_dependencies=True).require_success()
    assert (predicted.of_task(install)["web01"].status, predicted.of_task(ACTION)["web01"].status) == (
        "changed", "skipped",
    )  # fmt: skip
    assert lacking.exists()
    done = keep(host_certificate_install_dependencies=True).require_success()
    assert done.of_task(install)["web01"].status == "changed"
    assert list_outcomes(done, "web01") == [("issue", True)]


def test_entries_that_cannot_be_kept_are_refused_and_the_other_hosts_go_on(site: Site, local_hosts: MakeHosts) -> None:
    entries = "host_certificate_certificates"
    inventory = local_hosts(
        good={entries: [{"name": "web"}, {"name": "web", "base_directory": "{{ base_directory }}/2"}]},
        misspelt={entries: [{"name": "web", "valdity": {"value": 30}}]},
        twice={entries: [{"name": "web"}, {"name": "mail"}, {"name": "web", "validity": {"value": 30}}]},
    )
    variables = {
        "host_certificate_base_directory": "{{ base_directory }}",
        "host_certificate_certificate_authority_arn": site.authority,
    }
    run = site.run([{"ansible.builtin.import_role": {"name": ROLE}}], inventory, vars=variables)
    assert (run.hosts_with("changed"), run.hosts_with("failed")) == (["good"], ["misspelt", "twice"])
    assert "valdity" in run.of_task(ACTION)["misspelt"].result["results"][0]["msg"]
    refused = run.of_task(f"{ROLE} : Check that each entry is for a certificate of its own")["twice"].result["msg"]
    assert refused.startswith("twice: certificate web in /") and "mail" not in refused
    assert refused.endswith("Give each entry a name of its own.")
    assert len(site.list_issued()) == 2


def test_the_trust_store_role_makes_a_host_trust_the_private_root(site: Site, fleet: Callable[..., Fleet]) -> None:
    hosts = fleet(1, ("bookworm",))
    host = hosts[0]
    play(site, hosts).require_success()
    live = f"{host.base_directory}/web/live"
    verify = ["openssl", "verify", "-CApath", "/etc/ssl/certs", "-untrusted", f"{live}/chain.pem", f"{live}/cert.pem"]
    role = "fleet_pki.aws_private_ca.trust_store"

    def trust(*options: str, **variables: str) -> PlaybookRun:
        tasks = [{"ansible.builtin.import_role": {"name": role}}]
        source = {"trust_store_source": f"{live}/root.pem", **variables}
        return site.run(tasks, hosts.inventory, *options, vars=source).require_success()

    def is_trusted() -> bool:
        return host.run(verify, check=False).returncode == 0

    assert not is_trusted()
    assert trust("--check").hosts_with("changed") == [host.name]
    assert not is_trusted()
    assert trust().hosts_with("changed") == [host.name]
    assert is_trusted()
    assert trust().hosts_with("changed") == []
    assert trust(trust_store_state="absent").hosts_with("changed") == [host.name]
    assert not is_trusted()
    assert trust(trust_store_state="absent").hosts_with("changed") == []
