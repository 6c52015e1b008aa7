# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private key occurs nowhere but in the host's own files, and AWS credentials never reach a host."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from ansible_collections.fleet_pki.aws_private_ca.tests.e2e.conftest import (
    ACTION,
    ROLE,
    TASK,
    AcmSite,
    MakeHosts,
    Site,
)

from demo.key_search import FolderWatch, count_private_keys, list_key_lines
from fleet.fleet import Fleet
from playbook_run import PlaybookRun
from process_tree import watch_processes

PASSPHRASE = "correct horse battery staple"


def find_files(root: Path, *needles: bytes) -> set[Path]:
    """Return the regular files below ``root`` that contain one of the needles."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path for path in files if any(needle in path.read_bytes() for needle in needles)}


def test_the_private_key_lies_in_one_file_of_its_host_and_nowhere_else(
    site: Site, fleet: Callable[..., Fleet], short_directory: Path
) -> None:
    hosts = fleet(2, ("bullseye", "trixie"))
    log = site.home / "ansible.log"
    environment = {"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_PIPELINING": "0", "ANSIBLE_DEBUG": "0"}
    with FolderWatch(site.home) as control_node, FolderWatch(short_directory) as runs:
        first = site.keep(hosts.inventory, "-vvvv", "--diff", environment=environment, **in_fleet())
        second = site.keep(hosts.inventory, "-vvvv", "--diff", environment=environment, force=True, **in_fleet())
    keys = []
    for host in hosts:
        base = host.path(host.base_directory)
        found = sorted(base.glob("web/generations/*/privkey.pem"))
        assert len(found) == 2
        keys += [path.read_text() for path in found]
        assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
        lines = [line for key in keys for line in list_key_lines(key)]
        assert find_files(base, *lines, b"PRIVATE KEY") == set(found)
        assert find_files(host.path("/root"), *lines) == find_files(host.path("/tmp"), *lines) == set()
    seen = [
        *control_node.contents(),
        *runs.contents(),
        log.read_bytes(),
        json.dumps(site.control.requests()).encode(),
        *(text.encode() for run in (first, second) for text in (run.stdout, run.stderr)),
        *(json.dumps(entry.result).encode() for run in (first, second) for entry in run.results),
    ]
    assert first.hosts_with("changed") == second.hosts_with("changed") == [host.name for host in hosts]
    assert count_private_keys(seen, keys) == 0


def test_a_key_that_acm_exports_lies_in_one_file_of_its_host_and_nowhere_else_without_pipelining(
    managed: AcmSite, fleet: Callable[..., Fleet], short_directory: Path
) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    log = managed.site.home / "ansible.log"
    environment = {"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_PIPELINING": "0"}
    run: list[PlaybookRun] = []
    with ExitStack() as watches:
        folders = (managed.site.home, short_directory, host.path("/root"), host.path("/tmp"))
        watched = [watches.enter_context(FolderWatch(folder, interval=0.005)) for folder in folders]
        run.append(managed.keep(hosts.inventory, "-vvvv", "--diff", environment=environment, **in_fleet()))
        managed.renew(run[0].of_task(TASK)[host.name].result["certificate_arn"])
        run.append(managed.keep(hosts.inventory, "-vvvv", "--diff", environment=environment, **in_fleet()))
    assert [each.hosts_with("changed") for each in run] == [[host.name], [host.name]]
    base = host.path(host.base_directory)
    found = sorted(base.glob("web/generations/*/privkey.pem"))
    keys = [path.read_text() for path in found]
    lines = [line for key in keys for line in list_key_lines(key)]
    assert len(found) == 2 and find_files(base, *lines, b"PRIVATE KEY") == set(found)
    on_disk = [content for folder in watched for content in folder.contents()]
    shown = [log.read_bytes(), *(text.encode() for each in run for text in (each.stdout, each.stderr))]
    results = [json.dumps(entry.result).encode() for each in run for entry in each.results]
    assert count_private_keys([*on_disk, *shown, *results], keys) == 0
    sent = [content for content in on_disk if content.startswith(b"#!")]
    assert any(b"host_certificate_request" in content for content in sent), "the watch does not see what is sent"
    assert not any(b"host_certificate_install" in content for content in sent)


def in_fleet() -> dict[str, str]:
    """Return the option that is a fleet's own."""
    return {"base_directory": "{{ fleet_base_directory }}"}


LIST_PROCESSES = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ > {directory}/processes 2>/dev/null; true"


def test_credentials_and_passphrases_appear_in_no_output_process_list_or_open_file_and_credentials_on_no_host(
    site: Site, fleet: Callable[..., Fleet]
) -> None:
    (host,) = hosts = fleet(1, ("bookworm",))
    host.run(["mkdir", "-p", host.service_directory])
    log = site.home / "ansible.log"
    environment = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0", "ANSIBLE_LOG_PATH": str(log)}
    credentials = {
        "access_key": "AKIASECRETSECRETSECR",
        "secret_key": "secret-of-the-control-node",
        "session_token": "token-of-it",
    }
    passphrases = {"key_passphrase": PASSPHRASE, "keystore_passphrase": f"{PASSPHRASE} 2"}
    options = {"formats": ["pkcs12", "combined", "der"], **credentials, **passphrases, **in_fleet()}
    options["validate_command"] = ["sh", "-c", LIST_PROCESSES.format(directory=host.service_directory)]
    with watch_processes() as seen:
        run = site.keep(hosts.inventory, "-vvvv", "--diff", environment=environment, **options).require_success()
    results = json.dumps([entry.result for entry in run.results])
    for text in (run.stdout, run.stderr, log.read_text(), results):
        assert PASSPHRASE not in text
        assert not any(secret in text for name, secret in credentials.items() if name != "access_key")

    on_host = host.path(f"{host.service_directory}/processes").read_bytes()
    assert b"/.ansible/tmp/" in on_host, "the module was not among the processes of the host"
    assert any(b"ansible" in process and b"playbook" in process for process in seen)
    needles = [PASSPHRASE.encode(), *(secret.encode() for secret in credentials.values())]
    assert [needle for needle in needles for process in (on_host, *seen) if needle in process] == []

    assert find_files(host.path("/root"), *needles[1:]) == find_files(host.path("/srv"), *needles) == set()
    assert find_files(host.path(host.base_directory), *needles) == set()
    closed = find_files(host.path("/root"), needles[0]) | find_files(host.path("/tmp"), needles[0])
    assert closed and all(_is_private(path) for path in closed)
    keys = host.path(host.base_directory).glob("web/generations/*/privkey.pem")
    assert b"ENCRYPTED PRIVATE KEY" in next(keys).read_bytes()


def _is_private(path: Path) -> bool:
    """Tell whether the file, or a directory above it, is closed to all but its owner."""
    return any(each.stat().st_mode & 0o077 == 0 for each in (path, *path.parents[:3]))


def test_no_passphrase_of_an_entry_is_shown_by_the_role_whether_it_works_or_fails(
    site: Site, local_hosts: MakeHosts
) -> None:
    secrets = {"key_passphrase": PASSPHRASE, "keystore_passphrase": f"{PASSPHRASE} 2"}
    entries = [
        {"name": "web", "formats": ["pkcs12"], **secrets},
        {"name": "refused", "renew_before": "never", **secrets},
        {"name": "misspelt", "formatz": ["pkcs12"], **secrets},
    ]
    variables = {
        "host_certificate_base_directory": "{{ base_directory }}",
        "host_certificate_certificate_authority_arn": site.authority,
        "host_certificate_certificates": entries,
    }
    log = site.home / "ansible.log"
    tasks = [{"ansible.builtin.import_role": {"name": ROLE}}]
    environment = {"ANSIBLE_LOG_PATH": str(log)}
    run = site.run(tasks, local_hosts("web01"), "-vvvv", "--diff", vars=variables, environment=environment)
    web, refused, misspelt = run.of_task(ACTION)["web01"].result["results"]
    assert web["changed"] and refused["failed"] and "renew_before" in refused["msg"]
    assert misspelt["failed"] and "web01: certificate 'misspelt': " in misspelt["msg"] and "formatz" in misspelt["msg"]
    for text in (run.stdout, run.stderr, log.read_text(), json.dumps([entry.result for entry in run.results])):
        assert PASSPHRASE not in text
