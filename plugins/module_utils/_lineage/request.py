# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``host_certificate_request``: look at the lineage and say what is due.

On most days nothing is, on every host of a fleet. So what only a due certificate needs is imported where it is used:
Python compiles a module that Ansible ships anew in each run.
"""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

from .._errors import UnusableState
from .._generations.directory import Directory
from .._generations.files import Files
from .._generations.location import SUPERSEDED, open_lineage
from .._generations.state import close_state
from .disk import told_disk_errors
from .judgement import Judgement, RequestOptions, build_result, judge_lineage, read_request_options


def request_certificate(params: Mapping[str, Any], files: Files, check_mode: bool) -> dict[str, Any]:
    """Return the module's result (see CONTRIBUTING.md). In check mode, and when nothing is to be issued, only look.

    What cannot be requested or installed on this host fails in both modes, and before anything is written.
    """
    options = read_request_options(params)
    lineage_options = options.lineage
    check_clock(lineage_options.now, time.time(), options.max_clock_skew)
    with told_disk_errors("look at the lineage", lineage_options.base_directory):
        judgement, resumable, superseded = _look(options, files, check_mode)
    action, path = judgement.verdict.action, f"{lineage_options.base_directory}/{lineage_options.name}"
    writes = judgement.adoptable is not None or (action == "issue" and options.makes_keys)
    if action != "none":
        from .rehearsal import rehearse

        with told_disk_errors("leave a request" if writes else "prepare the installation", path):
            rehearse(options, action)
    if writes and not check_mode:
        from .pending import leave_request

        with told_disk_errors("leave a request", path):
            return leave_request(options, files)
    return build_result(options, judgement.verdict, None, writes and not resumable, superseded)


def check_clock(control_node: float, host: float, tolerance: float) -> None:
    """Raise ``UnusableState`` when host and control node disagree by more than ``tolerance`` seconds.

    AWS sets NotBefore 60 minutes back: a host that is further behind would refuse the certificate that it is given.
    """
    if abs(control_node - host) <= tolerance:
        return
    shown = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each)) for each in (host, control_node)]
    raise UnusableState(
        "Failed to agree on the time",
        because=f"the host's clock says {shown[0]} and the control node's {shown[1]}, "
        f"which is more than {tolerance:.0f} seconds apart",
        remedy="Set the clocks (NTP), or raise max_clock_skew if the difference is meant",
    )


def _look(
    options: RequestOptions, files: Files, check_mode: bool
) -> tuple[Judgement, bool, Sequence[Mapping[str, Any]]]:
    lineage = open_lineage(files, options.lineage.base_directory, options.lineage.name)
    if lineage is None:
        return judge_lineage(None, options, files), False, ()
    with lineage:
        if not check_mode:
            close_state(lineage)
        judgement = judge_lineage(lineage, options, files)
        if judgement.verdict.action != "issue" or not options.makes_keys:
            return judgement, False, _list_superseded(lineage)
        from .pending import find_pending

        return judgement, find_pending(lineage, judgement.verdict, options) is not None, ()


def _list_superseded(lineage: Directory) -> Sequence[Mapping[str, Any]]:
    if lineage.stat(SUPERSEDED) is None:
        return ()
    from .._generations.superseded import read_superseded

    return [entry._asdict() for entry in read_superseded(lineage)]
