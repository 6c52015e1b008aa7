#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_issue_certificate
short_description: Have a certificate signing request signed by AWS Private CA
version_added: 0.1.0
description:
  - Sends a CSR to a private CA, waits for the certificate, and returns it with its chain and parsed facts.
  - One request gets one certificate. The idempotency token is derived from everything that shapes the certificate, and
    a ledger remembers what was asked, so a task that is repeated, killed or run twice at once gets the same one.
  - Before anything is asked, the CSR is checked; after it, the certificate's key must be the CSR's, and what the CA
    dropped or overrode is returned.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - fleet_pki.aws_private_ca.issuance
  - fleet_pki.aws_private_ca.ledger
  - fleet_pki.aws_private_ca.ledger.limits
  - fleet_pki.aws_private_ca.ledger.recovery
requirements:
  - cryptography >= 3.3
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
    details: Nothing is asked for and nothing is written. The CA may be described and a known certificate read.
  diff_mode:
    description: Whether the task can show what it changes.
    support: full
    details: The diff shows what is asked for, as parsed facts.
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
    details: With O(ledger=none), for five minutes.
options:
  certificate_authority_arn:
    description:
      - The ARN of the CA that signs. Its region and partition are taken from it.
      - Required unless O(certificate_arn) is given.
    type: str
  csr:
    description: The certificate signing request (PKCS#10) in PEM, at most 32768 octets.
    type: str
  csr_path:
    description: The file that holds the CSR, where this module runs.
    type: path
  certificate_arn:
    description:
      - The ARN of a certificate that was asked for before. It is waited for and returned; nothing is asked for.
      - With O(csr) or O(csr_path), its key must be the CSR's.
    type: str
  idempotency_token:
    description:
      - The token to send, 1 to 36 characters. By default it is derived from the request.
      - A token that was used for another request is refused, with the difference.
    type: str
  replaces:
    description:
      - The serial (hexadecimal) of the certificate that this one takes the place of. It makes the token, and so the
        certificate, another one than that of the same request without it.
    type: str
  lineage:
    description: What the ledger's readers find the certificate by.
    type: dict
    suboptions:
      host:
        description: The host that the certificate is for.
        type: str
        required: true
      name:
        description: The certificate's name on that host.
        type: str
        required: true
  wait:
    description: Whether to wait until the certificate is issued.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait, in seconds. When it is over the task fails with the ARN; the same task run again goes on
        waiting for the same certificate.
    type: int
    default: 120
notes:
  - "Minimal IAM policy (to issue) - on the CA: C(acm-pca:GetCertificate); on the CA, template
    C(EndEntityCertificate/V1): C(acm-pca:IssueCertificate)."
  - "Minimal IAM policy (without a signing algorithm, besides) - on the CA: C(acm-pca:DescribeCertificateAuthority)."
  - The environment variable E(AWS_REGION) is not heeded, since the ARN names the region.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_certificate_info
"""

EXAMPLES = r"""
- name: Issue a certificate for 90 days
  fleet_pki.aws_private_ca.acm_pca_issue_certificate:
    certificate_authority_arn: "{{ ca_arn }}"
    csr_path: /etc/pki/web.csr
  register: issued

- name: Issue a certificate for code signing whose names the API gives
  fleet_pki.aws_private_ca.acm_pca_issue_certificate:
    certificate_authority_arn: "{{ ca_arn }}"
    csr: "{{ lookup('ansible.builtin.file', 'signer.csr') }}"
    template: CodeSigningCertificate_APIPassthrough
    signing_algorithm: SHA384WITHECDSA
    validity: {type: MONTHS, value: 6}
    api_passthrough:
      subject:
        CN: Build signer
        O: Example
      certificate_policies:
        - oid: 1.3.6.1.4.1.55555.1
          cps_uris: ["https://pki.example.com/cps"]

- name: Go on waiting for a certificate that was asked for before
  fleet_pki.aws_private_ca.acm_pca_issue_certificate:
    certificate_arn: "{{ issued.certificate_arn }}"
    wait_timeout: 600
"""

RETURN = r"""
certificate_arn:
  description: The ARN of the certificate. A failed task has it too, once it is known.
  returned: when it is known
  type: str
  sample: arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/<uuid>/certificate/<id>
state:
  description: V(issued), V(in_progress) (with O(wait=false)), or in check mode V(absent) when it would be asked for.
  returned: success
  type: str
  sample: issued
certificate:
  description: The certificate in PEM, ended by one newline.
  returned: when RV(state=issued)
  type: str
certificate_chain:
  description: The chain in PEM, from the issuing CA to the root, root included; empty for a self-signed certificate.
  returned: when RV(state=issued)
  type: list
  elements: str
facts:
  description: Parsed facts of the certificate.
  returned: when RV(state=issued)
  type: dict
  contains:
    serial:
      description: The serial in lower-case hexadecimal.
      type: str
      returned: success
    subject:
      description: The subject by attribute name.
      type: dict
      returned: success
    subject_alternative_names:
      description: The names, each with its kind in front.
      type: list
      elements: str
      returned: success
    not_before:
      description: The beginning of the validity (ISO 8601, UTC).
      type: str
      returned: success
    not_after:
      description: The end of the validity (ISO 8601, UTC).
      type: str
      returned: success
chain_facts:
  description: The same facts of each certificate of the chain.
  returned: when RV(state=issued)
  type: list
  elements: dict
days_left:
  description: The days until the certificate expires; negative when it has.
  returned: when RV(state=issued)
  type: float
life_left:
  description: The share of its life that is left, from 1 to 0.
  returned: when RV(state=issued)
  type: float
expired:
  description: Whether it has expired.
  returned: when RV(state=issued)
  type: bool
differences:
  description: What the CA dropped or overrode of what was asked, as sentences.
  returned: when the certificate was asked for by a request
  type: list
  elements: str
  sample:
    - it lacks the key usage dataEncipherment
idempotency_token:
  description: The token of the request.
  returned: when the certificate was asked for by a request
  type: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.api import PrivateCaApi
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._aws_connection import connect_client, select_connection
from ..module_utils._certificate_issuance import CertificateIssuance, choose_authority
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._issuance_options import (
    LEDGER_OPTIONS,
    LIMIT_OPTIONS,
    RECOVERY_OPTIONS,
    TERMS_OPTIONS,
)
from ..module_utils._region_option import make_region_option

ARGUMENT_SPEC = {
    **TERMS_OPTIONS,
    **LEDGER_OPTIONS,
    **LIMIT_OPTIONS,
    **RECOVERY_OPTIONS,
    **ASSUME_ROLE_OPTIONS,
    **make_region_option(),
    "certificate_authority_arn": {"type": "str"},
    "csr": {"type": "str"},
    "csr_path": {"type": "path"},
    "certificate_arn": {"type": "str"},
    "idempotency_token": {"type": "str", "no_log": False},
    "replaces": {"type": "str"},
    "lineage": {
        "type": "dict",
        "options": {"host": {"type": "str", "required": True}, "name": {"type": "str", "required": True}},
    },
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 120},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=[("csr", "csr_path")],
        required_one_of=[("csr", "csr_path", "certificate_arn")],
    )
    try:
        connection = select_connection(module.params, choose_authority(module.params).region)
        clock = SystemClock()
        api = PrivateCaApi(connect_client("acm-pca", connection), clock=clock)
        issuance = CertificateIssuance(api, connection, module.params, clock, module.warn)
        result = issuance.run(check_mode=module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
