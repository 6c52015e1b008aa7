# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of SSH hosts is what it says: separate machines, reachable with keys only, gone when it is over."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.fleet import Fleet
from fleet.hosts import Host

SELF_SIGNED = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]


@pytest.fixture(scope="module", params=[None, "local"], ids=["isolated", "local"])
def hosts(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    with Fleet(3, mode=request.param) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def machines() -> Iterator[Fleet]:
    with Fleet(3) as fleet:
        yield fleet


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"after 20 s still not so: {what}"
        time.sleep(0.02)


def answers(host: Host) -> bool:
    try:
        socket.create_connection((host.address, host.ssh_port), timeout=5).close()
    except OSError:
        return False
    return True


def test_every_host_runs_commands_and_shows_its_files(hosts: Fleet) -> None:
    for host in hosts:
        target = f"{host.service_directory}/note"
        host.run(["mkdir", "-p", host.service_directory])
        host.run(["tee", target], stdin=f"written on {host.name}")
        assert host.path(target).read_text() == f"written on {host.name}"


def test_a_host_unknown_to_known_hosts_is_refused(hosts: Fleet) -> None:
    command = hosts[0].ssh_command(["true"])
    stranger = [word.replace(str(hosts[0].known_hosts), "/dev/null") for word in command]
    refused = subprocess.run(stranger, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert refused.returncode == 255
    assert "Host key verification failed" in refused.stderr


def test_another_key_does_not_log_in(hosts: Fleet, tmp_path: Path) -> None:
    other = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    command = [word.replace(str(hosts[0].identity), str(other)) for word in hosts[0].ssh_command(["true"])]
    refused = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert refused.returncode == 255
    assert "Permission denied" in refused.stderr


def test_nginx_serves_the_certificate_that_it_is_given_and_ends_with_its_host(hosts: Fleet) -> None:
    host = hosts[1]
    directory = host.service_directory
    host.run(["mkdir", "-p", directory])
    host.run([*SELF_SIGNED, "-keyout", f"{directory}/key", "-out", f"{directory}/cert", "-subj", "/CN=first"])
    host.start_nginx(f"{directory}/cert", f"{directory}/key")
    served = ssl.get_server_certificate((host.address, host.tls_port))
    assert served.strip() == host.path(f"{directory}/cert").read_text().strip()
    host.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host.address, host.tls_port)).close()
    host.start()
    host.wait_until_reachable()


def test_hosts_differ_in_name_release_and_files(machines: Fleet) -> None:
    assert [host.run(["hostname"]).stdout.strip() for host in machines] == [host.name for host in machines]
    releases = [host.run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"]).stdout for host in machines]
    assert [release.strip() for release in releases] == ["bullseye", "bookworm", "trixie"]
    machines[0].run(["touch", "/srv/only-here"])
    assert machines[0].path("/srv/only-here").exists()
    assert not machines[1].path("/srv/only-here").exists()


def test_files_survive_a_power_failure(machines: Fleet) -> None:
    host = machines[2]
    host.run(["sh", "-c", "echo kept > /srv/kept"])
    host.kill()
    assert not answers(host)
    host.start()
    host.wait_until_reachable()
    assert host.run(["cat", "/srv/kept"]).stdout == "kept\n"


def test_fleets_side_by_side_share_no_address(machines: Fleet) -> None:
    with Fleet(3, mode="local") as other:
        assert not {host.address for host in machines} & {host.address for host in other}


@pytest.mark.parametrize("mode", [[], ["--mode", "local"]], ids=["isolated", "local"])
def test_nothing_outlives_a_killed_parent(mode: list[str]) -> None:
    command = [sys.executable, "-m", "fleet", "up", "--size", "2", *mode, "--releases", "bookworm"]
    utils = str(Path(__file__).parents[2] / "utils")
    with subprocess.Popen(
        [*command, "--", "sh", "-c", "echo $FLEET_INVENTORY; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": utils},
    ) as parent:
        assert parent.stdout is not None
        folder = str(Path(parent.stdout.readline().decode().strip()).parent)
        assert count_processes(folder) >= 2
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: count_processes(folder) == 0, "no process of the fleet is left")
    assert folder not in Path("/proc/mounts").read_text()
    subprocess.run(["rm", "-rf", folder], check=True)


def count_processes(folder: str) -> int:
    """Count the processes whose command line names the folder."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            count += folder.encode() in (process / "cmdline").read_bytes()
        except OSError:
            continue
    return count


def test_the_inventory_lets_ansible_in(machines: Fleet, tmp_path: Path) -> None:
    ping = [
        str(Path(sys.executable).with_name("ansible")),
        "-i",
        str(machines.inventory),
        "trixie:bullseye",
        "-m",
        "ping",
    ]
    environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_SSH_CONTROL_PATH_DIR": str(machines.folder / "cp")}
    done = subprocess.run(ping, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"ping": "pong"') == 2
