#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_certificate_authority_info
short_description: Read certificate authorities of AWS Private CA
version_added: 0.1.0
description:
  - Returns the facts of certificate authorities (CAs) by ARN or name, or of all, in the shape of
    M(fleet_pki.aws_private_ca.acm_pca_certificate_authority).
  - What this identity may not read is V(null) and named in RV(certificate_authorities[].denied), for a CA
    that is shared
    shows less to others than to its owner.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.attributes.reads
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
options:
  certificate_authority_arn:
    description: ARN of the CA that is to be read.
    type: str
    aliases: [arn]
  name:
    description:
      - Value of the tag C(Name) of the CA that is to be read.
      - A CA whose tags this identity may not read is passed over where another has the name. Where none has, it may be
        the one, and the task fails.
    type: str
  resource_owner:
    description:
      - Whether the account's own CAs are listed, or looked for by O(name), or those that other accounts share with it.
    type: str
    choices: [SELF, OTHER_ACCOUNTS]
    default: SELF
  include_deleted:
    description:
      - Whether CAs are listed that are deleted but can still be restored.
      - By O(name) they are found only where the service still lists their tags.
    type: bool
    default: false
notes:
  - "Minimal IAM policy (to list) - on C(*): C(acm-pca:ListCertificateAuthorities); on the CA: C(acm-pca:ListTags)."
  - By O(name), where no CA has it, C(acm-pca:ListTags) is needed on every CA of the account and region.
  - "Minimal IAM policy (to read by ARN) - on the CA: C(acm-pca:DescribeCertificateAuthority)."
  - With C(acm-pca:GetCertificateAuthorityCertificate), C(acm-pca:GetCertificateAuthorityCsr) and
    C(acm-pca:ListTags), the
    certificate, the CSR and the tags are read too.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_certificate_authority
"""

EXAMPLES = r"""
- name: Read a CA by its name
  fleet_pki.aws_private_ca.acm_pca_certificate_authority_info:
    name: example-servers
  register: servers

- name: Read what other accounts share with this one
  fleet_pki.aws_private_ca.acm_pca_certificate_authority_info:
    resource_owner: OTHER_ACCOUNTS
"""

RETURN = r"""
certificate_authorities:
  description: The CAs; none when there is no such one.
  returned: success
  type: list
  elements: dict
  contains:
    arn: {description: ARN of the CA., type: str, returned: always}
    owner_account: {description: Account that owns the CA., type: str, returned: always}
    type: {description: C(ROOT) or C(SUBORDINATE)., type: str, returned: always}
    status:
      description: One of CREATING, PENDING_CERTIFICATE, ACTIVE, DISABLED, EXPIRED, FAILED, DELETED.
      type: str
      returned: always
    failure_reason: {description: Why its creation failed., type: str, returned: always}
    serial: {description: Serial of the CA's certificate., type: str, returned: always}
    created_at: {description: When the CA was created (ISO 8601)., type: str, returned: always}
    last_state_change_at: {description: When its status last changed (ISO 8601)., type: str, returned: always}
    not_before: {description: Start of its certificate's validity (ISO 8601)., type: str, returned: always}
    not_after: {description: End of its certificate's validity (ISO 8601)., type: str, returned: always}
    restorable_until: {description: Until when it can be restored (ISO 8601)., type: str, returned: always}
    key_algorithm: {description: Algorithm of the CA's key., type: str, returned: always}
    signing_algorithm: {description: Algorithm of its CSR and CRLs., type: str, returned: always}
    subject: {description: The CA's name by attribute., type: dict, returned: always}
    csr_extensions: {description: What the CSR asks for., type: dict, returned: always}
    usage_mode: {description: C(GENERAL_PURPOSE) or C(SHORT_LIVED_CERTIFICATE)., type: str, returned: always}
    key_storage_security_standard: {description: Standard of the key's hardware., type: str, returned: always}
    crl: {description: 'CRL configuration, with the service''s defaults.', type: dict, returned: always}
    ocsp: {description: OCSP configuration., type: dict, returned: always}
    tags: {description: Tags of the CA., type: dict, returned: always}
    certificate: {description: The CA's certificate in PEM., type: str, returned: always}
    certificate_chain: {description: 'What is above it, root last; none for a root.', type: str, returned: always}
    csr: {description: The CA's CSR in PEM., type: str, returned: always}
    denied: {description: Operations that were denied., type: list, elements: str, returned: always}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.authority_api import AuthorityApi
from ..module_utils._acm_pca.authority_lookup import select_authorities
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service

ARGUMENTS = {
    "certificate_authority_arn": {"type": "str", "aliases": ["arn"]},
    "name": {"type": "str"},
    "resource_owner": {"type": "str", "choices": ["SELF", "OTHER_ACCOUNTS"], "default": "SELF"},
    "include_deleted": {"type": "bool", "default": False},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS},
        supports_check_mode=True,
        mutually_exclusive=[("certificate_authority_arn", "name")],
    )
    params = module.params
    arn = params["certificate_authority_arn"]
    try:
        api = AuthorityApi(connect_service(params, authority_arn=arn))
        found = select_authorities(api, arn, params["name"], params["resource_owner"], params["include_deleted"])
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, certificate_authorities=found)


if __name__ == "__main__":
    main()
