# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the ledger's options and of the shared limits (``_issuance_options``)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ledger:
    description:
      - Where it is remembered what was asked of the CA, so that a certificate is asked for once.
      - V(sqlite) is a file, for one control node and all its forks. V(dynamodb) is a table, for several control nodes
        and for those that are made anew for each run.
      - With V(none) only the service's own memory of five minutes protects from a second certificate.
    type: str
    choices: [sqlite, dynamodb, none]
    default: sqlite
  ledger_path:
    description:
      - The file of O(ledger=sqlite); by default below C($XDG_STATE_HOME) (C(~/.local/state)).
      - It belongs on a disk of the control node. Over a network file system SQLite cannot lock other machines out.
    type: path
  ledger_table:
    description: The table of O(ledger=dynamodb). Its key is the string C(pk).
    type: str
    default: fleet-pki-ledger
  ledger_region:
    description: The region of the table; by default the CA's.
    type: str
  ledger_endpoint_url:
    description: The endpoint of the table's service, where it is not AWS's own; O(endpoint_url) is not used for it.
    type: str
  ledger_create_table:
    description:
      - Whether to create the table when it is not there, billed on demand, with a time to live that removes what has
        expired 90 days ago.
      - The time to live is set once, after the creation. If a run is cut short between them, set it by hand, on the
        attribute C(expires).
    type: bool
    default: false
"""

    RECOVERY = r"""
options:
  recovery_bucket:
    description:
      - The S3 bucket that the CA may write audit reports to.
      - A run that is killed between the CA's work and the CA's reply leaves a certificate whose ARN no one knows. For
        five minutes the next run gets it by the token. Later, with this option, it is looked for in an audit report.
      - Only the CA's own account can have such reports.
    type: str
  on_lost_reply:
    description:
      - What to do where the reply to a request was lost (see O(recovery_bucket)) and no bucket is given.
      - V(reissue) warns and asks once more; the lost certificate, if there is one, is never installed anywhere.
      - V(fail) asks for nothing and fails.
    type: str
    choices: [reissue, fail]
    default: reissue
notes:
  - "Minimal IAM policy (to recover a lost reply, besides) - on the CA:
    C(acm-pca:CreateCertificateAuthorityAuditReport), C(acm-pca:DescribeCertificateAuthorityAuditReport); on
    C(audit-report/*) of the bucket: C(s3:GetObject)."
  - "Minimal IAM policy (to recover a lost reply by a ledger in DynamoDB, besides) - on the table: C(dynamodb:Scan)."
"""

    LIMITS = r"""
options:
  max_issuances:
    description:
      - The most certificates that may be asked of the CA in O(max_issuances_period); more are refused before the call.
        V(0) refuses all.
      - All who use the same ledger share the count.
    type: int
  max_issuances_period:
    description: The period of O(max_issuances), in seconds. Periods are counted from the epoch.
    type: int
    default: 86400
  requests_per_second:
    description:
      - The rate of C(IssueCertificate) that all who use the same ledger share. V(0) is no limit.
      - One second's worth of calls (at least one) may leave at once.
      - The service's default quota is 25.
    type: float
    default: 20.0
notes:
  - "Minimal IAM policy (with a ledger in DynamoDB, besides) - on the table: C(dynamodb:GetItem), C(dynamodb:PutItem)."
  - "Minimal IAM policy (with a limit in that ledger, besides) - on the table: C(dynamodb:UpdateItem)."
  - "Minimal IAM policy (to create that table, besides) - on the table: C(dynamodb:CreateTable),
    C(dynamodb:DescribeTable), C(dynamodb:DescribeTimeToLive), C(dynamodb:UpdateTimeToLive)."
"""
