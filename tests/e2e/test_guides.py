# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every playbook of the guides, run on hosts with trees of their own or against the emulated CA; see Reader.run."""

from __future__ import annotations

import json
import re
import shlex
import ssl
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import AcmSite, Site
from service_policies import documented_statements

from emulator_process import REGION
from fleet.fleet import Fleet
from fleet.hosts import Host
from fleet.nginx import render_configuration
from pages import list_playbooks, quote_command, read_example
from playbook_run import PlaybookRun
from source_tree import CHECKOUT

LIVE = "/etc/aws-private-ca"
INVENTORY = ("-i", "hosts.ini")


class Reader:
    """Runs what a guide shows, on a fleet whose hosts are the group `web`."""

    def __init__(self, site: Site, scratch: Path) -> None:
        self._site = site
        self._scratch = scratch

    def run(
        self,
        example: str,
        fleet: Fleet | None,
        *options: str,
        instead: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> PlaybookRun:
        """Run the playbook `guide/name` and require that it succeeds.

        `instead` maps what a fleet's hosts lack, a service manager for one, to what they have.
        """
        playbook = self._scratch / f"{example.replace('/', '-')}.yml"
        text = read_example(*example.split("/"))
        for shown, given in (instead or {}).items():
            assert shown in text, f"{example}: {shown}"
            text = text.replace(shown, given)
        playbook.write_text(text)
        known = {"ca_arn": self._site.authority, "pki_region": REGION, **variables}
        groups = self._scratch / "groups.yml"
        if fleet is None:
            groups.write_text("{}")
        else:
            names: dict[str, Any] = {host.name: {} for host in fleet}
            groups.write_text(json.dumps({"web": {"hosts": names}}))
        inventory = groups if fleet is None else fleet.inventory
        run = self._site.runner.run(
            playbook,
            inventory,
            "--inventory",
            str(groups),
            *options,
            extra_vars=known,
            environment=self._site.environment,
        )
        return run.require_success()


def read_guide(guide: str) -> str:
    """Return the guide's whole text."""
    return (CHECKOUT / f"docs/docsite/rst/{guide}.rst").read_text("utf-8")


def read_options(command: str, *arguments: str) -> list[str]:
    """Return the options of a command of ansible-playbook whose other arguments are these, and site.yml."""
    words = shlex.split(command)
    assert [*arguments, "site.yml"] == [word for word in words[1:] if word in ("site.yml", *arguments)], command
    assert words[0] == "ansible-playbook"
    return [word for word in words[1:] if word not in ("site.yml", *arguments)]


def require_paths(host: Host, guide: str) -> None:
    """Fail unless every file below live/ that the guide has a service read is on the host."""
    paths = sorted(set(re.findall(rf"{LIVE}/\w+/live/\w+\.\w+", read_guide(guide))))
    assert paths
    host.run(["ls", "-L", *paths])


@pytest.fixture
def reader(site: Site, tmp_path: Path) -> Reader:
    """Return a reader who does what the guides say."""
    return Reader(site, tmp_path)


def test_the_first_certificate(site: Site, reader: Reader, fleet: Callable[..., Fleet]) -> None:
    hosts = fleet(2)
    do = quote_command("guide_first_certificate", "ansible-playbook -i hosts.ini site.yml")
    ask = quote_command("guide_first_certificate", "ansible-playbook -i hosts.ini site.yml --check")
    assert read_options(do, *INVENTORY) == []
    predicted = reader.run("guide_first_certificate/first-site", hosts, *read_options(ask, *INVENTORY))
    assert predicted.hosts_with("changed") == [host.name for host in hosts]
    assert site.list_issued() == set()
    reader.run("guide_first_certificate/first-site", hosts)
    calls = site.count_requests()
    again = reader.run("guide_first_certificate/first-site", hosts)
    assert again.hosts_with("changed") == []
    assert site.count_requests() == calls
    listing = hosts[0].run(["ls", f"{LIVE}/host/live/"]).stdout.split()
    assert sorted(listing) == sorted(
        ["privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "root.pem", "generation.json"]
    )

    reader.run("guide_first_certificate/first-names", hosts)
    text = hosts[0].run(["openssl", "x509", "-in", f"{LIVE}/web/live/cert.pem", "-noout", "-text"]).stdout
    assert "DNS:www.example.com, IP Address:10.0.0.7" in text

    reader.run("guide_first_certificate/first-trust", hosts)
    for host in hosts:
        chain = ["-untrusted", f"{LIVE}/host/live/chain.pem", f"{LIVE}/host/live/cert.pem"]
        assert host.run(["openssl", "verify", "-CApath", "/etc/ssl/certs", *chain]).stdout.endswith("OK\n")


def read_served(host: Host) -> str:
    """Return the certificate, PEM, that the host's service shows to a TLS client."""
    return ssl.get_server_certificate((host.address, host.tls_port))


SYSTEMCTL = """#!/bin/sh -e
if ! kill -0 "$(cat {directory}/nginx.pid)" 2> /dev/null; then
    test "$1" = reload-or-restart || {{ echo "$2.service is not active, cannot reload." >&2; exit 1; }}
    exec {nginx} > /dev/null 2>&1
fi
exec {nginx} -s reload
"""


def configure_stopped_nginx(host: Host, live: str) -> str:
    """Configure an nginx that cannot start without the files in `live`; return a systemctl for it alone."""
    directory = host.service_directory
    host.run(["mkdir", "-p", directory])
    files = (f"{live}/fullchain.pem", f"{live}/privkey.pem")
    configuration = render_configuration(host.address, host.tls_port, *files, directory)
    host.path(host.nginx_configuration).write_text(configuration)
    command = f"{directory}/systemctl"
    host.path(command).write_text(SYSTEMCTL.format(directory=directory, nginx=shlex.join(host.nginx_command())))
    host.path(command).chmod(0o755)
    return command


def test_services_take_up_what_the_guide_installs(reader: Reader, fleet: Callable[..., Fleet]) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    live = f"{LIVE}/web/live"
    instead = {
        "systemctl": configure_stopped_nginx(host, live),
        "nginx -t": shlex.join(host.nginx_command("-t")),
        "port: 443": f"host: {host.address}, port: {host.tls_port}",
    }
    reader.run("guide_services/nginx", hosts, instead=instead)
    assert read_served(host) == host.run(["cat", f"{live}/cert.pem"]).stdout
    host.run(host.nginx_command("-s", "stop"))

    instead = {"haproxy -c -f /etc/haproxy/haproxy.cfg": "'true'", "systemctl reload-or-restart haproxy": "'true'"}
    reader.run("guide_services/haproxy", hosts, instead=instead)
    combined = host.run(["cat", f"{LIVE}/edge/live/combined.pem"]).stdout
    assert re.findall("BEGIN ([A-Z ]+)-", combined) == ["CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"]

    instead = {"key_group: postgres": "key_group: www-data", "systemctl reload-or-restart postgresql": "'true'"}
    reader.run("guide_services/postgresql", hosts, instead=instead)
    assert host.run(["stat", "-Lc", "%U %G %a", f"{LIVE}/postgresql/live/privkey.pem"]).stdout == "root www-data 640\n"

    passphrase = "a passphrase of this test"
    reader.run("guide_services/java", hosts, keystore_passphrase=passphrase)
    require_paths(host, "guide_services")
    store = f"{LIVE}/app/live/keystore.p12"
    subject = host.run(["openssl", "pkcs12", "-in", store, "-passin", f"pass:{passphrase}", "-nokeys", "-clcerts"])
    assert f"CN = {host.name}" in subject.stdout

    reader.run("guide_services/handlers", hosts)
    assert host.run(["stat", "-c", "%F", "/srv/web-certificate-changed"]).stdout == "regular empty file\n"


def test_a_load_balancer_serves_what_the_guide_imports(site: Site, reader: Reader, tmp_path: Path) -> None:
    make_client: Any = boto3.Session(
        site.environment["AWS_ACCESS_KEY_ID"], site.environment["AWS_SECRET_ACCESS_KEY"], region_name=REGION
    ).client
    ec2, acm, elb = (
        make_client(service, endpoint_url=site.environment["AWS_ENDPOINT_URL"]) for service in ("ec2", "acm", "elbv2")
    )
    network = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=network, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="guide", Description="guide", VpcId=network)["GroupId"]
    given: dict[str, Any] = {
        "front_subnets": [made["Subnet"]["SubnetId"] for made in subnets],
        "front_security_groups": [group],
        "acm_import_base_directory": str(tmp_path / "kept"),
        "ansible_python_interpreter": sys.executable,
    }
    assert reader.run("guide_services/load-balancer", None, **given).hosts_with("changed") == ["localhost"]
    assert reader.run("guide_services/load-balancer", None, **given).hosts_with("changed") == []
    (balancer,) = elb.describe_load_balancers(Names=["front"])["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    served = acm.get_certificate(CertificateArn=listener["Certificates"][0]["CertificateArn"])["Certificate"]
    assert served.strip() == (tmp_path / "kept/www.example.com/live/cert.pem").read_text().strip()
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])


def test_renewal_from_any_control_node_and_of_short_lived_certificates(
    site: Site, reader: Reader, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(1)
    look_ahead = quote_command("guide_renewal", "ansible-playbook")
    (cron,) = re.findall(r"&& (ansible-playbook .*) >>", read_guide("guide_renewal"))
    reader.run("guide_renewal/renewal-dynamodb", hosts, *read_options(cron, *INVENTORY))
    assert len(site.list_issued()) == 1
    reader.run("guide_renewal/renewal-short-lived", hosts)
    later = datetime.fromtimestamp(site.control.advance(2 * 86400), UTC)
    moment = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    options = [re.sub(r"=\d{4}-.*Z$", f"={moment}", option) for option in read_options(look_ahead, *INVENTORY)]
    assert options[:1] == ["--check"] and moment in options[-1]
    predicted = reader.run("guide_renewal/renewal-short-lived", hosts, *options)
    renewed = reader.run("guide_renewal/renewal-short-lived", hosts, host_certificate_as_of=moment)
    assert predicted.hosts_with("changed") == renewed.hosts_with("changed") == [hosts[0].name]


def test_certificates_of_hours_are_issued_once_in_each_step(
    site: Site, reader: Reader, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(1)
    begun = (int(datetime.now(UTC).timestamp()) // 21600 + 1) * 21600 + 3600
    for moment, changed in ((begun, True), (begun + 7200, False), (begun + 21600, True)):
        site.control.set_time(moment)
        as_of = datetime.fromtimestamp(moment, UTC).isoformat()
        given: dict[str, Any] = {"begun": moment, "host_certificate_as_of": as_of}
        run = reader.run("guide_renewal/renewal-hours", hosts, **given)
        assert (run.hosts_with("changed") != []) == changed


def test_a_pki_is_built_and_shared_by_playbooks_alone(site: Site, reader: Reader) -> None:
    made = reader.run("guide_authorities/authorities", None)
    again = reader.run("guide_authorities/authorities", None)
    assert made.hosts_with("changed") == ["localhost"]
    assert again.hosts_with("changed") == []
    servers = again.of_task("Keep a subordinate below it, for the servers")["localhost"].result
    arn = servers["certificate_authority"]["arn"]
    assert servers["certificate_authority"]["status"] == "ACTIVE"
    reader.run("guide_authorities/authorities-share", None, ca_arn=arn, issuing_account="444455556666")
    assert "444455556666" in site.client.get_policy(ResourceArn=arn)["Policy"]


def test_moving_over_revoking_and_reading_the_ledger(site: Site, reader: Reader, fleet: Callable[..., Fleet]) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    reader.run("guide_first_certificate/first-site", hosts)
    host.run(["mkdir", "-p", "/etc/letsencrypt/live"])
    host.run(["cp", "-rL", f"{LIVE}/host/live", "/etc/letsencrypt/live/example"])
    issued = site.list_issued()
    reader.run("guide_moving_over/adopt", hosts)
    assert site.list_issued() == issued
    reader.run("guide_moving_over/adopt-links", hosts)
    assert host.run(["readlink", "-e", "/etc/ssl/certs/web.pem"]).stdout.startswith(f"{LIVE}/linked/generations/")

    reader.run("guide_revocation/break-glass", hosts)
    first = {each["certificate_arn"] for each in site.control.certificates() if each.get("revoked_at")}
    assert first == set()
    reader.run("guide_revocation/break-glass", hosts)
    assert len({each["certificate_arn"] for each in site.control.certificates() if each.get("revoked_at")}) == 1

    ledger = reader.run("guide_recovery/ledger", None).of_task("List what was asked of the CA")["localhost"].result
    assert {record["certificate_arn"] for record in ledger["records"]} == site.list_issued()


def test_certificates_of_acm_by_names_and_by_arn(
    site: Site, managed: AcmSite, reader: Reader, fleet: Callable[..., Fleet]
) -> None:
    hosts = fleet(2)
    names = [host.name for host in hosts]
    assert reader.run("guide_acm/acm-permission", None).hosts_with("changed") == []
    site.client.delete_permission(CertificateAuthorityArn=site.authority, Principal="acm.amazonaws.com")
    assert reader.run("guide_acm/acm-permission", None).hosts_with("changed") == ["localhost"]
    assert reader.run("guide_acm/acm-names", hosts).hosts_with("changed") == names
    text = hosts[0].run(["openssl", "x509", "-in", f"{LIVE}/web/live/cert.pem", "-noout", "-text"]).stdout
    assert f"DNS:{names[0]}.example.com" in text and "DNS:www.example.com" in text

    shared = managed.request("shared.example.com", KeyAlgorithm="RSA_2048")
    reader.run("guide_acm/acm-arn", hosts, shared_certificate_arn=shared)
    managed.renew(shared)
    renewed = reader.run("guide_acm/acm-arn", hosts, shared_certificate_arn=shared)
    assert renewed.hosts_with("changed") == names
    keys = {host.run(["sha256sum", f"{LIVE}/shared/live/privkey.pem"]).stdout for host in hosts}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("example", "purposes"),
    [
        pytest.param("policy", ["to keep a certificate", "without a signing algorithm"], id="private CA"),
        pytest.param("policy-acm", ["from ACM, by ARN", "from ACM, by names"], id="acm"),
    ],
)
def test_a_policy_of_the_guide_allows_what_the_module_documents_and_is_tried_with(
    example: str, purposes: list[str]
) -> None:
    documented = documented_statements(CHECKOUT, "host_certificate")
    shown = json.loads(read_example("guide_security", example))["Statement"]
    needed = [one for purpose in purposes for one in documented[purpose]]
    assert spread(shown) == spread(needed)


def spread(statements: list[dict[str, Any]]) -> set[tuple[str, bool, str]]:
    """Return action, whether it is allowed on everything, and condition, of each action of the statements."""
    return {
        (action, one["Resource"] == "*", json.dumps(one.get("Condition")))
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }


def test_every_playbook_of_the_guides_is_run_by_some_test() -> None:
    source = Path(__file__).read_text("utf-8")
    elsewhere = {"guide_emulator"}
    unread = [name for name in list_playbooks() if name.split("/")[0] not in elsewhere and f'"{name}"' not in source]
    assert unread == []
