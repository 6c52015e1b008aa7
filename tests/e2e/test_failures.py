# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What does not work says so: which host, which certificate, why, and what to do. The other hosts go on."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import TASK, MakeHosts, Site
from unusable_authorities import REMEDIES, create_unusable_authorities

DEFAULT_TEMPLATE = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"
SHADOW = 'raise ImportError("No module named {name!r}")\n'


def require_clear(message: str, host: str, *parts: str) -> None:
    """Fail unless the message names the host and its certificate, says each of the parts, and is no traceback."""
    assert message.startswith(f"{host}: certificate 'web': "), message
    assert "Traceback" not in message
    for part in parts:
        assert part in message, message


# host name -> what is wrong with it, and what its message must say
BAD_INPUT: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "arn": ({"certificate_authority_arn": "arn:aws:s3:::bucket"}, ("ARN", "arn:aws:s3:::bucket", "Give it as")),
    "template": ({"template": "EndEntityCertificat"}, ("EndEntityCertificat", "Did you mean", "EndEntityCertificate")),
    "algorithm": ({"signing_algorithm": "SHA256WITHRSA"}, ("SHA256WITHRSA", "cannot be used", "family")),
    "validity": ({"validity": {"type": "YEARS", "value": 30}}, ("validity", "exceeds", "Ask for a shorter validity")),
    "region": ({"region": "eu-west-1"}, ("us-east-1", "eu-west-1", "Leave region out")),
    "renewal": ({"renew_before": "200d"}, ("renew_before", "Make renew_before shorter")),
    "renewal_unit": ({"renew_before": "soon"}, ("renew_before", "33%")),
    "nameless": ({"common_name": "", "subject_alternative_names": []}, ("without any name", "Give common_name")),
    "long_name": ({"common_name": "x" * 65}, ("at most 64 characters",)),
    "long_dns": ({"subject_alternative_names": ["DNS:" + "a." * 130 + "example.com"]}, ("at most 253 characters",)),
    "no_dns_name": ({"subject_alternative_names": ["DNS:bad name"]}, ("bad name", "no DNS name", "Write it like DNS:")),
    "no_period": ({"max_issuances": 5, "max_issuances_period": 0}, ("max_issuances_period", "from 1 on")),
    "no_serial": ({"revoked_serials": ["zz"]}, ("zz", "hexadecimal")),
    "no_subject": ({"subject": {"C": "Germany"}}, ("C=Germany", "correct the value")),
    "kindless": ({"subject_alternative_names": ["www.example.com"]}, ("www.example.com", "Begin it with DNS:")),
    "escape": ({"name": "../../etc"}, ("Choose a name like web",)),
    "key_mode": ({"key_mode": "0644"}, ("0644", "key_group")),
    "pkcs12": ({"formats": ["pkcs12"]}, ("Set keystore_passphrase",)),
    "past": ({"as_of": "whenever"}, ("whenever", "2027-03-01T00:00:00Z")),
    "keep": ({"keep_generations": -1}, ("keep_generations", "-1 is negative")),
    "verify": ({"verify": {"port": 99999}}, ("99999", "from 1 to 65535")),
    "command": ({"reload_command": "sh -c 'unbalanced"}, ("reload_command", "Close the quote")),
}


def test_each_bad_input_gets_its_own_sentence_and_the_good_host_its_certificate(
    site: Site, local_hosts: MakeHosts
) -> None:
    variables = {host: {"arguments": arguments} for host, (arguments, _parts) in BAD_INPUT.items()}
    inventory = local_hosts("good", **variables)
    common = {
        "name": "web",
        "base_directory": "{{ base_directory }}",
        "certificate_authority_arn": site.authority,
        "common_name": "{{ inventory_hostname }}",
    }
    names = sorted({name for arguments, _parts in BAD_INPUT.values() for name in arguments} | set(common))
    task = {name: f"{{{{ (arguments | default({{}})).get('{name}', common.get('{name}', omit)) }}}}" for name in names}
    run = site.run(
        [{"name": TASK, "fleet_pki.aws_private_ca.host_certificate": task}], inventory, vars={"common": common}
    )
    results = run.of_task(TASK)
    assert run.hosts_with("changed") == ["good"]
    assert run.hosts_with("failed") == sorted(BAD_INPUT)
    wrong = {}
    for host, (arguments, parts) in BAD_INPUT.items():
        message = results[host].result["msg"]
        begins = message.startswith(f"{host}: certificate {arguments.get('name', 'web')!r}: ")
        if not begins or not all(part in message for part in parts):
            wrong[host] = message
    assert wrong == {}
    assert "Traceback" not in run.stdout + run.stderr
    assert len(site.list_issued()) == 1


def test_what_lies_in_the_way_on_a_host_is_named_and_the_other_hosts_go_on(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    inventory = local_hosts(
        "good",
        file_in_place=dict[str, Any](),
        link_in_place=dict[str, Any](),
        foreign_live=dict[str, Any](),
        not_writable={"base_directory": "/proc/fleet-pki"},
        open_to_all=dict[str, Any](),
    )
    hosts = tmp_path / "hosts"
    (hosts / "file_in_place/web").write_text("not ours\n")
    (hosts / "link_in_place/web").symlink_to("/etc")
    (hosts / "foreign_live/web").mkdir()
    (hosts / "foreign_live/web/live").write_text("not ours\n")
    (hosts / "open_to_all").chmod(0o777)
    run = site.keep(inventory)
    assert run.hosts_with("changed") == ["good"]
    told = {
        "file_in_place": f"{hosts}/file_in_place/web): there is a link or a file in its place",
        "foreign_live": f"{hosts}/foreign_live/web/live): there is a file or directory in its place",
        "link_in_place": f"{hosts}/link_in_place/web): there is a link or a file in its place",
        "not_writable": "Failed to leave a request (/proc/fleet-pki/web)",
        "open_to_all": f"{hosts}/open_to_all): others can write it",
    }
    assert run.hosts_with("failed") == sorted(told)
    for host, part in told.items():
        require_clear(run.of_task(TASK)[host].result["msg"], host, part)
    assert (hosts / "file_in_place/web").read_text() == "not ours\n"
    assert (hosts / "foreign_live/web/live").read_text() == "not ours\n"
    assert len(site.list_issued()) == 1


@pytest.mark.parametrize(
    ("library", "remedy"), [("boto3", "Install boto3 for the Python"), ("botocore", "Install boto3 for the Python")]
)
def test_a_control_node_without_boto3_says_so(
    site: Site, local_hosts: MakeHosts, tmp_path: Path, library: str, remedy: str
) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / f"{library}.py").write_text(SHADOW.format(name=library))
    run = site.keep(local_hosts("web01"), environment={"PYTHONPATH": str(shadow)})
    require_clear(run.of_task(TASK)["web01"].result["msg"], "web01", remedy)


def test_a_host_without_cryptography_says_so(site: Site, local_hosts: MakeHosts, tmp_path: Path) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow/cryptography.py").write_text(SHADOW.format(name="cryptography"))
    wrapper = tmp_path / "python-without-cryptography"
    inventory = local_hosts("good", web01={"ansible_python_interpreter": str(wrapper)})
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path}/shadow exec {sys.executable} "$@"\n')
    wrapper.chmod(0o755)
    run = site.keep(inventory)
    assert run.hosts_with("changed") == ["good"]
    require_clear(run.of_task(TASK)["web01"].result["msg"], "web01", "cryptography", "Install cryptography >= 3.3")


def test_missing_credentials_and_an_unreachable_endpoint_are_told_apart(site: Site, local_hosts: MakeHosts) -> None:
    without = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    message = site.keep(local_hosts("web01"), environment=without).of_task(TASK)["web01"].result["msg"]
    require_clear(message, "web01", "credentials", "profile or access_key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    message = site.keep(local_hosts("web01"), endpoint_url=closed).of_task(TASK)["web01"].result["msg"]
    require_clear(message, "web01", closed, "endpoint_url")
    assert site.count_requests("IssueCertificate") == 2  # the hierarchy's own


def test_a_denied_description_of_the_ca_demands_the_option(site: Site, local_hosts: MakeHosts) -> None:
    site.control.fault("access_denied", "DescribeCertificateAuthority")
    message = site.keep(local_hosts("web01")).of_task(TASK)["web01"].result["msg"]
    require_clear(message, "web01", "Give signing_algorithm", "DescribeCertificateAuthority", site.authority)
    run = site.keep(local_hosts("web01"), signing_algorithm="SHA256WITHECDSA")
    assert run.of_task(TASK)["web01"].status == "changed"


def test_a_denied_issuance_says_which_action_on_which_resource_and_that_a_template_looks_the_same(
    site: Site, local_hosts: MakeHosts
) -> None:
    site.control.fault("access_denied", "IssueCertificate")
    message = site.keep(local_hosts("web01")).of_task(TASK)["web01"].result["msg"]
    require_clear(message, "web01", f"Allow acm-pca:IssueCertificate on {site.authority} to this identity")
    require_clear(message, "web01", f"A denied template looks the same: {DEFAULT_TEMPLATE} must be allowed too")


def test_a_host_that_asks_for_another_name_is_refused_before_the_ca_sees_it_and_the_other_hosts_go_on(
    site: Site, local_hosts: MakeHosts, tmp_path: Path
) -> None:
    denied = site.control.fault("access_denied", "IssueCertificate")
    site.keep(local_hosts("web01"))
    site.control.clear_faults(denied)
    pending = tmp_path / "hosts/web01/web/pending"
    names = "subjectAltName=DNS:web01,DNS:admin.example.com"
    asking = ["openssl", "req", "-new", "-key", str(pending / "privkey.pem"), "-subj", "/CN=web01", "-addext", names]
    subprocess.run([*asking, "-out", str(pending / "request.pem")], check=True, capture_output=True)
    asked = site.count_requests("IssueCertificate")
    run = site.keep(local_hosts("good", "web01"))
    assert (run.hosts_with("changed"), run.hosts_with("failed")) == (["good"], ["web01"])
    require_clear(run.of_task(TASK)["web01"].result["msg"], "web01", "DNS:admin.example.com", "remove its pending")
    assert site.count_requests("IssueCertificate") == asked + 1


def test_an_unusable_ca_is_named_with_its_remedy(site: Site, local_hosts: MakeHosts) -> None:
    authorities = create_unusable_authorities(site.client, site.control)
    variables = {f"of_{status.lower()}_ca": {"ca": arn} for status, arn in authorities.items()}
    run = site.keep(local_hosts(**variables), certificate_authority_arn="{{ ca }}")
    assert run.hosts_with("failed") == sorted(variables)
    for status, arn in authorities.items():
        host = f"of_{status.lower()}_ca"
        require_clear(run.of_task(TASK)[host].result["msg"], host, arn, f"the CA is {status}", REMEDIES[status])
