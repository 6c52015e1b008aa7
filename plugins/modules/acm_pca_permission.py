#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_permission
short_description: Let AWS Certificate Manager renew certificates of a certificate authority
version_added: 0.1.0
description:
  - Grants or withdraws the permission of an AWS service to use a certificate authority (CA) of AWS Private CA.
  - AWS Certificate Manager (ACM) needs it to issue and renew managed private certificates in the CA's own
    account. For CAs
    of other accounts it uses its service-linked role.
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
options:
  state:
    description: Whether the service has the permission.
    type: str
    choices: [present, absent]
    default: present
  principal:
    description: The service. AWS knows only V(acm.amazonaws.com).
    type: str
    default: acm.amazonaws.com
  source_account:
    description: The account that the service acts for. When it is not given, the CA's own.
    type: str
  actions:
    description: What the service may do. With fewer than all three, ACM cannot renew.
    type: list
    elements: str
    choices: [IssueCertificate, GetCertificate, ListPermissions]
    default: [IssueCertificate, GetCertificate, ListPermissions]
notes:
  - "Minimal IAM policy (to grant and withdraw) - on the CA: C(acm-pca:ListPermissions),
    C(acm-pca:CreatePermission),
    C(acm-pca:DeletePermission)."
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_permission_info
"""

EXAMPLES = r"""
- name: Let ACM renew the certificates that it manages
  fleet_pki.aws_private_ca.acm_pca_permission:
    certificate_authority_arn: "{{ servers.certificate_authority.arn }}"
"""

RETURN = r"""
permission:
  description: The permission; V(null) when there is none.
  returned: success
  type: dict
  contains:
    certificate_authority_arn: {description: ARN of the CA., type: str, returned: always}
    principal: {description: The service., type: str, returned: always}
    source_account: {description: The account that it acts for., type: str, returned: always}
    actions: {description: What it may do., type: list, elements: str, returned: always}
    policy: {description: The policy that the service made of it., type: str, returned: always}
    created_at: {description: When it was granted (ISO 8601)., type: str, returned: always}
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.permissions import ACTIONS, Permissions, desired_permission
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "certificate_authority_arn": {"type": "str", "required": True},
    "principal": {"type": "str", "default": "acm.amazonaws.com"},
    "source_account": {"type": "str"},
    "actions": {"type": "list", "elements": "str", "choices": list(ACTIONS), "default": list(ACTIONS)},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS}, supports_check_mode=True)
    params = module.params
    try:
        api = GovernanceApi(connect_service(params, authority_arn=params["certificate_authority_arn"]))
        permissions = Permissions(api)
        ensure = permissions.present if params["state"] == "present" else permissions.absent
        outcome = ensure(desired_permission(params), module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("permission"))


if __name__ == "__main__":
    main()
