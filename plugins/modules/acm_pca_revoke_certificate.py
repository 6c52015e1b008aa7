#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_revoke_certificate
short_description: Revoke certificates of AWS Private CA
version_added: 0.1.0
description:
  - Revokes a certificate, and waits if asked until the CRL or the OCSP responder of its certificate authority
    (CA) shows it.
  - A certificate that is revoked already, or whose revocation is under way, is no change; its first reason stays.
  - A root's own certificate and an expired certificate cannot be revoked, and the task fails with what to do.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.authority
  - fleet_pki.aws_private_ca.attributes
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
requirements:
  - cryptography >= 3.3
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
    details:
      - AWS has no operation that tells whether a certificate is revoked. Check mode reads the CRL and the
        OCSP responder, which
        a serial alone does not name, and which know of a revocation up to an hour later.
options:
  certificate_arn:
    description: ARN of the certificate.
    type: str
  serial:
    description:
      - Serial of the certificate in hexadecimal, in any usual spelling, such as V(0a:1b:2c), V(0A1B2C),
        V(0x0a1b2c) or
        V(serial=0A1B2C). Quote it, or YAML may take it for a number.
    type: str
  certificate:
    description: The certificate in PEM.
    type: str
  reason:
    description: Why it is revoked.
    type: str
    choices: [UNSPECIFIED, KEY_COMPROMISE, CERTIFICATE_AUTHORITY_COMPROMISE, AFFILIATION_CHANGED, SUPERSEDED,
      CESSATION_OF_OPERATION, PRIVILEGE_WITHDRAWN, A_A_COMPROMISE]
    default: UNSPECIFIED
  wait_for:
    description:
      - What must show the revocation before the task ends. CRLs do so within half an hour, OCSP within an hour.
      - Takes O(certificate) or O(certificate_arn), and a certificate that was issued when the CA had CRL
        or OCSP on.
    type: list
    elements: str
    choices: [crl, ocsp]
    default: []
  wait_timeout:
    description: How many seconds to wait for each of O(wait_for).
    type: int
    default: 4500
  wait_interval:
    description: How many seconds to let pass before looking again.
    type: int
    default: 15
notes:
  - "Minimal IAM policy (to revoke by serial or PEM) - on the CA: C(acm-pca:RevokeCertificate)."
  - "Minimal IAM policy (to revoke by ARN, besides) - on the CA: C(acm-pca:GetCertificate)."
  - "Minimal IAM policy (for check mode and waiting, besides) - on the CA:
    C(acm-pca:GetCertificateAuthorityCertificate)."
  - "Minimal IAM policy (by a CA with a CRL, besides) - on the objects of the CRL bucket: C(s3:PutObject),
    C(s3:PutObjectAcl)."
  - Where that bucket is another account's, its own policy must allow this too.
  - In another account than the CA's, revocation must be shared too, in AWS RAM by
    C(AWSRAMRevokeCertificateCertificateAuthority).
"""

EXAMPLES = r"""
- name: Revoke the certificate of a stolen server, and wait until clients can know it
  fleet_pki.aws_private_ca.acm_pca_revoke_certificate:
    certificate_authority_arn: "{{ ca_arn }}"
    certificate_arn: "{{ issued.certificate_arn }}"
    reason: KEY_COMPROMISE
    wait_for: [crl, ocsp]

- name: Revoke by serial
  fleet_pki.aws_private_ca.acm_pca_revoke_certificate:
    certificate_authority_arn: "{{ ca_arn }}"
    serial: "20:10:54:75:bd:54:7e:7d:92:dc:b7:ab:c3:0a:46:47"
    reason: SUPERSEDED
"""

RETURN = r"""
revocation:
  description: The revocation.
  returned: success
  type: dict
  contains:
    certificate_authority_arn: {description: ARN of the CA., type: str, returned: always}
    certificate_arn: {description: ARN of the certificate when it was given., type: str, returned: always}
    serial: {description: 'Serial in lower-case hexadecimal, without separators.', type: str, returned: always}
    reason: {description: The reason as far as it is known., type: str, returned: always}
    published:
      description: By C(crl) and C(ocsp), the C(url) that shows the revocation, and the C(reason) there.
      type: dict
      returned: always
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._acm_pca.publication import fetch_url
from ..module_utils._acm_pca.revocations import ARGUMENTS, Revocations, desired_revocation
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service
from ..module_utils._x509.library import require_cryptography


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS},
        supports_check_mode=True,
        required_one_of=[("certificate_arn", "serial", "certificate")],
        mutually_exclusive=[("certificate_arn", "serial", "certificate")],
    )
    params = module.params
    polling = Polling(SystemClock(), timeout=params["wait_timeout"], interval=params["wait_interval"])
    try:
        require_cryptography()
        api = GovernanceApi(connect_service(params, authority_arn=params["certificate_authority_arn"]))
        outcome = Revocations(api, fetch_url, polling).present(desired_revocation(params), module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("revocation"))


if __name__ == "__main__":
    main()
