#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_ledger_info
short_description: Read the ledger of certificates asked of AWS Private CA
version_added: 0.1.0
description:
  - Returns what the ledger remembers, from request to certificate, by host, name, CA, state or time of expiry.
  - It shows what was asked through this ledger. What a CA has issued in all, only its audit report tells.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.attributes.reads
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - fleet_pki.aws_private_ca.ledger
requirements:
  - cryptography >= 3.3
  - boto3, with O(ledger=dynamodb)
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
    details: The task only reads, and makes no ledger where there is none.
options:
  host:
    description: Show certificates of this host alone, by its name in the inventory.
    type: str
  lineage:
    description: Show certificates of this name (O(fleet_pki.aws_private_ca.host_certificate#module:name)) alone.
    type: str
  certificate_authority_arn:
    description: Show certificates asked of this CA alone.
    type: str
  state:
    description:
      - Show certificates in this state alone.
      - V(claimed) is about to be asked for, V(sending) was asked for without a reply yet, V(asked) has an ARN.
      - V(issued) was seen, V(failed) was given up by the service.
    type: str
    choices: [claimed, sending, asked, issued, failed]
  expiring_within:
    description: Show certificates that expire in this time alone, such as V(30d). The expired are left out.
    type: str
notes:
  - "Minimal IAM policy (to read a ledger in DynamoDB) - on the table: C(dynamodb:Scan)."
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_issue_certificate
  - module: fleet_pki.aws_private_ca.host_certificate
"""

EXAMPLES = r"""
- name: List what expires in the next month
  fleet_pki.aws_private_ca.acm_pca_ledger_info:
    expiring_within: 30d
  register: soon

- name: List what one host was given, from a ledger in DynamoDB
  fleet_pki.aws_private_ca.acm_pca_ledger_info:
    ledger: dynamodb
    ledger_region: eu-central-1
    host: web1.example.com
"""

RETURN = r"""
records:
  description: What the ledger remembers, the newest request first.
  returned: success
  type: list
  elements: dict
  contains:
    token:
      description: The idempotency token.
      type: str
      returned: always
    state:
      description: The state, see O(state).
      type: str
      returned: always
    host:
      description: The host, or V(null).
      type: str
      returned: always
    lineage:
      description: The certificate's name on the host, or V(null).
      type: str
      returned: always
    certificate_authority_arn:
      description: The CA.
      type: str
      returned: always
    certificate_arn:
      description: The certificate, or V(null) while it is not known.
      type: str
      returned: always
    serial:
      description: The serial in hexadecimal, once the certificate was seen.
      type: str
      returned: always
    not_after:
      description: The end of its validity (ISO 8601, UTC), once the certificate was seen.
      type: str
      returned: always
    terms:
      description: What shaped the certificate, as texts by name.
      type: dict
      returned: always
    failure:
      description: Why the issuance failed, or V(null).
      type: str
      returned: always
    holder:
      description: The process that is asking for the certificate, or V(null).
      type: dict
      returned: always
    reply_missing_since:
      description: When a request was sent whose reply has not come, or V(null).
      type: str
      returned: always
    created_at:
      description: When the token was claimed first.
      type: str
      returned: always
    updated_at:
      description: When the record was written last.
      type: str
      returned: always
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._issuance_options import LEDGER_OPTIONS, select_ledger
from ..module_utils._ledger.opening import peek_ledger
from ..module_utils._ledger.queries import RecordFilter, select_records, show_record

ARGUMENT_SPEC = {
    **ASSUME_ROLE_OPTIONS,
    **LEDGER_OPTIONS,
    "host": {"type": "str"},
    "lineage": {"type": "str"},
    "certificate_authority_arn": {"type": "str"},
    "state": {"type": "str", "choices": ["claimed", "sending", "asked", "issued", "failed"]},
    "expiring_within": {"type": "str"},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True, check_boto3=False)
    wanted = RecordFilter(**{name: module.params[name] for name in RecordFilter.__dataclass_fields__})
    try:
        with peek_ledger(select_ledger(module.params, module.params["region"])) as ledger:
            chosen = select_records(ledger.records(), wanted, SystemClock().now())
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, records=[show_record(record) for record in chosen])


if __name__ == "__main__":
    main()
