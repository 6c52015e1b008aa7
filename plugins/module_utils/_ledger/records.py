# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger keeps of one token, for good: a frozen record, and its form in a store."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Mapping

from .._errors import LedgerError

# claimed: someone is about to ask; sending: IssueCertificate may have left; asked: the ARN is known;
# issued: the certificate was seen; failed: the service gave the issuance up (final for this token)
CLAIMED, SENDING, ASKED, ISSUED, FAILED = "claimed", "sending", "asked", "issued", "failed"


@dataclass(frozen=True)
class Holder:
    """The process that holds a claim. ``machine`` names a boot and a pid namespace, ``started`` tells a reused pid."""

    machine: str
    pid: int
    started: str
    host: str


@dataclass(frozen=True)
class Instant:
    """A time by two clocks: of the day (``at``, epoch seconds), which anyone may set, and one that no one sets.

    ``ticks`` are the seconds of the second clock and ``source`` names it: a machine's boot, or the ledger's service.
    """

    at: float
    ticks: float
    source: str

    def age(self, now: Instant) -> float:
        """Return how long ago this was by the clock that says longer; infinity for a time that is still to come."""
        age = now.at - self.at
        if self.source == now.source:
            age = max(age, now.ticks - self.ticks)
        return age if age >= 0 else math.inf


@dataclass(frozen=True)
class Record:
    """All that is known of one token.

    ``terms`` are the request's canonical texts by name. Times are epoch seconds. ``sent`` is the time of the earliest
    call whose outcome is unknown, None when there is none. ``not_after`` and ``serial`` are those of the certificate.
    ``version`` counts the writes and is what stores compare before they swap.
    """

    token: str
    terms: Mapping[str, str]
    state: str = CLAIMED
    host: str | None = None
    lineage: str | None = None
    holder: Holder | None = None
    lease_until: float = 0.0
    created_at: float = 0.0
    updated_at: float = 0.0
    sent: Instant | None = None
    certificate_arn: str | None = None
    serial: str | None = None
    not_after: float | None = None
    failure: str | None = None
    version: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def certificate_authority_arn(self) -> str:
        """The CA that the certificate is asked of."""
        return self.terms.get("certificate_authority_arn", "")


def refuse_newer(schema: int, known: int, on: str) -> None:
    """Raise LedgerError for a ledger (``on``) of a later schema than this release knows."""
    if schema > known:
        raise LedgerError(
            "Failed to open the ledger",
            because=f"a newer release wrote it (schema {schema}, this release knows {known})",
            on=on,
            remedy="Update the collection on this machine, or use another ledger",
        )


def dump_record(record: Record) -> str:
    """Return the record as JSON, ``version`` left out: it is the store's own column."""
    members = asdict(record)
    del members["version"]
    return json.dumps({name: value for name, value in members.items() if value is not None}, sort_keys=True)


class DamagedRecord(ValueError):
    """What a store has under a token is no record; the message names the token."""

    remedy = "Restore the ledger from a backup, or delete this record (its certificate may then be asked for again)"


def load_record(token: str, text: str, version: int) -> Record:
    """Return the record in ``text``. Members of a later release are kept in ``extra``. Raise DamagedRecord."""
    try:
        members = json.loads(text)
        known = {member.name for member in fields(Record)}
        extra = {**members.get("extra", {}), **{name: value for name, value in members.items() if name not in known}}
        chosen = {name: value for name, value in members.items() if name in known}
        parts = {"holder": Holder, "sent": Instant}
        chosen.update({name: part(**chosen[name]) for name, part in parts.items() if name in chosen})
        return Record(**{**chosen, "extra": extra, "version": version})
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedRecord(f"the record of token {token} is damaged: {error}") from error
