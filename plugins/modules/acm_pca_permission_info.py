#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_permission_info
short_description: Read what AWS services may do with a certificate authority
version_added: 0.1.0
description:
  - Returns the permissions that AWS services have on a certificate authority (CA) of AWS Private CA, in the shape of
    M(fleet_pki.aws_private_ca.acm_pca_permission).
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.authority
  - fleet_pki.aws_private_ca.attributes.reads
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
options:
  principal:
    description: The service whose permissions are read, such as V(acm.amazonaws.com). Without it, those of all.
    type: str
notes:
  - "Minimal IAM policy (to read) - on the CA: C(acm-pca:ListPermissions)."
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_permission
"""

EXAMPLES = r"""
- name: See whether ACM may renew the certificates that it manages
  fleet_pki.aws_private_ca.acm_pca_permission_info:
    certificate_authority_arn: "{{ servers.certificate_authority.arn }}"
    principal: acm.amazonaws.com
  register: granted
"""

RETURN = r"""
permissions:
  description: The permissions; none when no service has one.
  returned: success
  type: list
  elements: dict
  contains:
    certificate_authority_arn: {description: ARN of the CA., type: str, returned: always}
    principal: {description: The service., type: str, returned: always}
    source_account: {description: The account that it acts for., type: str, returned: always}
    actions: {description: What it may do., type: list, elements: str, returned: always}
    policy: {description: The policy that the service made of it., type: str, returned: always}
    created_at: {description: When it was granted (ISO 8601)., type: str, returned: always}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.permissions import Permissions
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service

ARGUMENTS = {
    "certificate_authority_arn": {"type": "str", "required": True},
    "principal": {"type": "str"},
}


def main() -> None:
    module = AnsibleAWSModule(argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS}, supports_check_mode=True)
    arn = module.params["certificate_authority_arn"]
    try:
        permissions = Permissions(GovernanceApi(connect_service(module.params, authority_arn=arn)))
        found = permissions.select(arn, module.params["principal"])
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, permissions=found)


if __name__ == "__main__":
    main()
