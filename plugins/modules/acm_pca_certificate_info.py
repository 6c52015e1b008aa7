#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_certificate_info
short_description: Read certificates that AWS Private CA issued
version_added: 0.1.0
description:
  - Returns certificates by their ARNs, with chain, parsed facts and the life that they have left.
  - A certificate that is still being issued, or whose issuance failed, is a state and no failure of the task.
  - AWS Private CA cannot list certificates; the ARNs come from the tasks that issued them, or from the
    ledger. What a CA
    issued is listed from its audit reports.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.attributes.reads
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
requirements:
  - cryptography >= 3.3
options:
  certificate_arns:
    description: The ARNs of the certificates. All must be of one region.
    type: list
    elements: str
    aliases: [certificate_arn]
  certificate_authority_arn:
    description:
      - List what this CA issued instead, from its newest audit report.
        M(fleet_pki.aws_private_ca.acm_pca_audit_report)
        makes one.
    type: str
  audit_report_bucket:
    description: The bucket that the CA's audit reports are in.
    type: str
  max_age:
    description: How many seconds old the audit report may be.
    type: int
    default: 86400
  expiring_within:
    description: List only certificates that expire within this time, as V(30d) or V(12h), and are not revoked.
    type: str
  subject:
    description: List only certificates whose subject matches this regular expression.
    type: str
  template:
    description: List only certificates of this template, a name or an ARN.
    type: str
  revoked:
    description: List only certificates that are revoked, or only those that are not.
    type: bool
notes:
  - "Minimal IAM policy (to read by ARN) - on the CA: C(acm-pca:GetCertificate)."
  - "Minimal IAM policy (to list from an audit report) - on the bucket: C(s3:ListBucket); on C(audit-report/*) of the
    bucket: C(s3:GetObject)."
  - The environment variable E(AWS_REGION) is not heeded, since the ARNs name the region.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_issue_certificate
"""

EXAMPLES = r"""
- name: Read a certificate
  fleet_pki.aws_private_ca.acm_pca_certificate_info:
    certificate_arn: "{{ issued.certificate_arn }}"
  register: read

- name: List what expires within a month
  fleet_pki.aws_private_ca.acm_pca_certificate_info:
    certificate_authority_arn: "{{ ca_arn }}"
    audit_report_bucket: example-audit
    expiring_within: 30d

- name: Show how long it lives
  ansible.builtin.debug:
    msg: "{{ read.certificates[0].facts.subject.CN }} expires in {{ read.certificates[0].days_left }} days"
"""

RETURN = r"""
listed:
  description: The rows of the audit report that pass the filters, as
    M(fleet_pki.aws_private_ca.acm_pca_audit_report) has them.
  returned: when O(certificate_authority_arn) is given
  type: list
  elements: dict
certificates:
  description: The certificates, in the order of O(certificate_arns).
  returned: when O(certificate_arns) is given
  type: list
  elements: dict
  contains:
    certificate_arn:
      description: The ARN.
      returned: always
      type: str
    state:
      description: V(issued), V(in_progress) or V(failed).
      returned: always
      type: str
    failure:
      description: Why the issuance failed.
      returned: when RV(certificates[].state=failed)
      type: str
    certificate:
      description: The certificate in PEM.
      returned: when RV(certificates[].state=issued)
      type: str
    certificate_chain:
      description: The chain in PEM, from the issuing CA to the root, root included.
      returned: when RV(certificates[].state=issued)
      type: list
      elements: str
    facts:
      description:
        - Parsed facts, with C(serial) (hexadecimal), C(subject), C(issuer), C(subject_alternative_names),
          C(not_before), C(not_after), C(key_algorithm), C(signature_algorithm), C(key_usage), C(extended_key_usage),
          C(basic_constraints), C(fingerprint_sha256), C(public_key_sha256) and the key identifiers.
      returned: when RV(certificates[].state=issued)
      type: dict
    chain_facts:
      description: The same facts of each certificate of the chain.
      returned: when RV(certificates[].state=issued)
      type: list
      elements: dict
    expired:
      description: Whether it has expired.
      returned: when RV(certificates[].state=issued)
      type: bool
    days_left:
      description: The days until it expires; negative when it has.
      returned: when RV(certificates[].state=issued)
      type: float
    life_left:
      description: The share of its life that is left, from 1 to 0.
      returned: when RV(certificates[].state=issued)
      type: float
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._certificate_listing import LISTING_OPTIONS, list_issued, look_up_certificates
from ..module_utils._errors import PrivateCaError
from ..module_utils._region_option import make_region_option
from ..module_utils._x509.library import require_cryptography

ARGUMENT_SPEC = {
    **ASSUME_ROLE_OPTIONS,
    **make_region_option(),
    **LISTING_OPTIONS,
    "certificate_arns": {"type": "list", "elements": "str", "aliases": ["certificate_arn"]},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_one_of=[("certificate_arns", "certificate_authority_arn")],
        mutually_exclusive=[("certificate_arns", "certificate_authority_arn")],
        required_together=[("certificate_authority_arn", "audit_report_bucket")],
        required_by=dict.fromkeys(("expiring_within", "subject", "template", "revoked"), "certificate_authority_arn"),
    )
    try:
        require_cryptography()
        if module.params["certificate_authority_arn"]:
            result = {"listed": list_issued(module.params)}
        else:
            result = {"certificates": look_up_certificates(module.params)}
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
