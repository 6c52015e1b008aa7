# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the play asks of one certificate, in normal form, and how a document differs from it."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from .names import normalise_general_names
from .subjects import normalise_subject


class WantedCertificate(NamedTuple):
    """Subject, alternative names and key algorithm as asked; None leaves that part open. Build it with ``want``."""

    subject: Mapping[str, Any] | None
    subject_alternative_names: tuple[str, ...] | None
    key_algorithm: str | None


def want(
    subject: Mapping[str, Any] | None, subject_alternative_names: Sequence[str] | None, key_algorithm: str | None
) -> WantedCertificate:
    """Normalise the options of these names; ``InvalidInput`` says which name cannot be understood."""
    return WantedCertificate(
        subject=None if subject is None else normalise_subject(subject),
        subject_alternative_names=(
            None if subject_alternative_names is None else normalise_general_names(subject_alternative_names)
        ),
        key_algorithm=key_algorithm,
    )


def list_differences(wanted: WantedCertificate, facts: Mapping[str, Any]) -> list[str]:
    """Return a sentence, without the full stop, for each part in which the facts are not what is wanted."""
    found = []
    if wanted.subject is not None and dict(wanted.subject) != facts["subject"]:
        found.append(f"the subject is {_show(facts['subject'])}, not {_show(wanted.subject)}")
    if wanted.subject_alternative_names is not None:
        found += _compare_names(set(wanted.subject_alternative_names), set(facts["subject_alternative_names"]))
    if wanted.key_algorithm is not None and wanted.key_algorithm != facts["key_algorithm"]:
        found.append(f"the key is {facts['key_algorithm']}, not {wanted.key_algorithm}")
    return found


def _compare_names(wanted: set[str], present: set[str]) -> list[str]:
    found = []
    if present - wanted:
        found.append(f"it has the names {', '.join(sorted(present - wanted))}, which were not asked for")
    if wanted - present:
        found.append(f"it lacks the names {', '.join(sorted(wanted - present))}")
    return found


def _show(subject: Mapping[str, Any]) -> str:
    shown = []
    for name, value in sorted(subject.items()):
        shown += [f"{name}={text}" for text in (value if isinstance(value, list) else [value])]
    return ", ".join(shown) or "empty"
