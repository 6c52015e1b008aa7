# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a fleet host is kept apart from the machine that it runs on: three ways, the first that works is taken.

overlay   root: a writable overlay over a release's tree, entered with chroot, in mount, process and hostname
          namespaces of its own; that release's sshd, login root.
sandbox   not root: bubblewrap over the read-only tree; the home, /srv and /tmp are writable, login is the caller's uid.
local     this machine's own sshd and files, a base directory for each host. Hosts are told apart by address only.

Each host is one process tree, whose root dies with the thread that started it (PR_SET_PDEATHSIG) and takes the rest
along, mounts included: nothing outlives a killed test run.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from process_tree import kill, kill_tree

_DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]
_STOP_WITH_PARENT = [
    "setpriv",
    "--pdeathsig",
    "TERM",
]  # without a namespace only the service itself can end its workers
_NAMESPACES = ["unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child=KILL", "--propagation", "private"]
_ENTER_OVERLAY = """
set -e
echo "$1" > /proc/sys/kernel/hostname
mount -t overlay fleet -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work" "$3/merged"
cd "$3/merged"
mount -t proc proc proc
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount --bind dev/pts/ptmx dev/ptmx
shift 3
exec chroot . "$@"
"""


@dataclass(frozen=True)
class Place:
    """What a host is made from: its name, its release's tree (None in local mode) and its folder on this machine."""

    name: str
    tree: Path | None
    folder: Path


@dataclass(frozen=True)
class Keys:
    """What the hosts of a fleet accept, and what they prove themselves with."""

    authorized: str
    host_key: Path


class Isolation(Protocol):
    """One of the three ways."""

    mode: str
    user: str
    python: str

    def launch(self, place: Place, keys: Keys, sshd: list[str]) -> list[str]:
        """Prepare the place and return the command that is the host, given sshd's arguments but for its host key."""

    def locate(self, inside: str, place: Place, pid: int) -> Path:
        """Return where the host's absolute path `inside` is on this machine while the host, process `pid`, lives."""

    def base_directory(self, place: Place) -> str:
        """Return the directory, as the host names it, for the collection's files."""

    def service_directory(self, place: Place) -> str:
        """Return a directory, as the host names it, for the files of a service."""

    def attach(self, over_ssh: list[str], direct: list[str]) -> list[str]:
        """Return whichever command starts a service that ends with the host."""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill what `launch` or `attach` told to start; return when all of it is gone."""


class _Contained:
    """What the ways with a process namespace share."""

    def service_directory(self, place: Place) -> str:
        """Return a directory that no package of the release uses."""
        return "/srv/service"

    def attach(self, over_ssh: list[str], direct: list[str]) -> list[str]:
        """Start it inside: it ends with the host's process namespace."""
        return over_ssh

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the namespace's first process: the kernel ends all others before that one's parent hears of it."""
        kill(_find_first(process.pid) or process.pid)
        process.wait()


class Overlay(_Contained):
    """Root's way: a whole machine but for its kernel and network."""

    mode = "overlay"
    user = "root"
    python = "/usr/bin/python3"

    def launch(self, place: Place, keys: Keys, sshd: list[str]) -> list[str]:
        """Lay out the upper directory and return the namespaces' command."""
        folder = place.folder
        upper = folder / "upper"
        for directory in (upper, folder / "work", folder / "merged"):
            directory.mkdir(exist_ok=True)
        _put(upper / "root/.ssh/authorized_keys", keys.authorized, 0o600)
        _put(upper / "etc/ssh/fleet_key", keys.host_key.read_text(), 0o600)
        _put(upper / "etc/hostname", f"{place.name}\n", 0o644)
        (upper / "run/sshd").mkdir(parents=True, exist_ok=True)
        (upper / "root").chmod(0o700)
        command = ["/usr/sbin/sshd", *sshd, "-h", "/etc/ssh/fleet_key"]
        script = ["sh", "-c", _ENTER_OVERLAY, "fleet", place.name, str(place.tree), str(folder)]
        return [*_DIE_WITH_PARENT, *_NAMESPACES, *script, *command]

    def locate(self, inside: str, place: Place, pid: int) -> Path:
        """Look through the root directory of the host's first process."""
        first = _find_first(pid)
        if first is None:
            raise ProcessLookupError(f"{place.name} is not running")
        return Path(f"/proc/{first}/root", inside.lstrip("/"))

    def base_directory(self, place: Place) -> str:
        """Return the collection's own default."""
        return "/etc/aws-private-ca"


class Sandbox(_Contained):
    """The way without root: the release's programs, three writable places."""

    mode = "sandbox"
    user = "fleet"
    python = "/usr/bin/python3"
    _writable: ClassVar = {"/home/fleet": "home", "/srv": "srv", "/tmp": "tmp"}

    def launch(self, place: Place, keys: Keys, sshd: list[str]) -> list[str]:
        """Lay out the writable places and the files that name the login user; return bubblewrap's command."""
        folder = place.folder
        ids = f"{os.getuid()}:{os.getgid()}"
        passwd = (
            f"root:x:0:0::/root:/bin/sh\nfleet:x:{ids}::/home/fleet:/bin/sh\nsshd:x:105:65534::/run/sshd:/bin/false\n"
        )
        _put(folder / "passwd", f"{passwd}www-data:x:33:33::/:/bin/false\n", 0o644)
        _put(folder / "group", f"root:x:0:\nfleet:x:{os.getgid()}:\nwww-data:x:33:\n", 0o644)
        _put(folder / "key", keys.host_key.read_text(), 0o600)
        _put(folder / "home/.ssh/authorized_keys", keys.authorized, 0o600)
        for directory in self._writable.values():
            (folder / directory).mkdir(exist_ok=True)
        binds = [
            word for inside, directory in self._writable.items() for word in ("--bind", str(folder / directory), inside)
        ]
        command = [
            "bwrap",
            "--unshare-user",
            "--unshare-pid",
            "--unshare-uts",
            "--die-with-parent",
            "--hostname",
            place.name,
        ]
        command += [
            "--ro-bind",
            str(place.tree),
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--tmpfs",
            "/run",
            "--tmpfs",
            "/home",
        ]
        command += [*binds, "--tmpfs", "/mnt", "--ro-bind", str(folder / "key"), "/mnt/key"]
        command += [
            "--ro-bind",
            str(folder / "passwd"),
            "/etc/passwd",
            "--ro-bind",
            str(folder / "group"),
            "/etc/group",
        ]
        return [*command, "/usr/sbin/sshd", *sshd, "-h", "/mnt/key"]

    def locate(self, inside: str, place: Place, pid: int) -> Path:
        """Find the writable place, else look into the tree."""
        for mount, directory in self._writable.items():
            if inside == mount or inside.startswith(f"{mount}/"):
                return Path(place.folder, directory, inside[len(mount) :].lstrip("/"))
        return Path(str(place.tree), inside.lstrip("/"))

    def base_directory(self, place: Place) -> str:
        """Return a directory of the writable /srv."""
        return "/srv/aws-private-ca"


class Local:
    """The last resort: every host is this machine, under another address."""

    mode = "local"
    user = getpass.getuser()
    python = sys.executable

    def launch(self, place: Place, keys: Keys, sshd: list[str]) -> list[str]:
        """Return this machine's sshd with a folder of its own."""
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        accepted = place.folder / "authorized_keys"
        _put(accepted, keys.authorized, 0o600)
        program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or "sshd"
        return [*_STOP_WITH_PARENT, program, *sshd, "-h", str(keys.host_key), "-o", f"AuthorizedKeysFile={accepted}"]

    def locate(self, inside: str, place: Place, pid: int) -> Path:
        """Return the path itself."""
        return Path(inside)

    def base_directory(self, place: Place) -> str:
        """Return a directory of the host's folder."""
        return str(place.folder / "aws-private-ca")

    def service_directory(self, place: Place) -> str:
        """Return a directory of the host's folder."""
        return str(place.folder / "service")

    def attach(self, over_ssh: list[str], direct: list[str]) -> list[str]:
        """Start it as a child of this process: nothing else would end it."""
        return [*_STOP_WITH_PARENT, *direct]

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process and its descendants (sessions, workers); what made itself a daemon escapes."""
        kill_tree(process.pid)
        process.wait()


def _find_first(namespaces: int) -> int | None:
    """Return the first process of the namespaces that the process entered: its only child, None once that is gone."""
    try:
        children = Path(f"/proc/{namespaces}/task/{namespaces}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(children[0]) if children else None


def _put(path: Path, content: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)


def can_overlay(scratch: Path) -> bool:
    """Try, as root, to mount an overlay whose upper directory is in `scratch`."""
    if os.getuid() != 0:
        return False
    with tempfile.TemporaryDirectory(dir=scratch) as trial:
        for name in ("lower", "upper", "work", "merged"):
            Path(trial, name).mkdir()
        options = f"lowerdir={trial}/lower,upperdir={trial}/upper,workdir={trial}/work"
        mount = ["mount", "-t", "overlay", "trial", "-o", options, f"{trial}/merged"]
        return _succeeds([*_NAMESPACES, *mount])


def can_sandbox() -> bool:
    """Try, unless root (whose sshd insists on separating privileges), the namespaces that a sandbox needs."""
    return os.getuid() != 0 and _succeeds(
        ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-uts", "--ro-bind", "/", "/", "true"]
    )


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
