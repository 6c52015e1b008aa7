# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals while a service is between two certificates: the way on, or back, is gone to its end first."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Iterator

ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let the signals that ask for an end go unheeded in the body.

    When the connection or the control node is lost, sshd hangs the terminal up, and a module in it would be gone before
    it rolled back. They are handled, not ignored: a command would inherit that it is to ignore them.
    """
    if threading.current_thread() is not threading.main_thread():  # only there can handlers be set
        yield
        return
    former = {each: signal.signal(each, lambda _number, _frame: None) for each in ENDING}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)
