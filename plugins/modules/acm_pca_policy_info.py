#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_policy_info
short_description: Read the resource policy of a certificate authority
version_added: 0.1.0
description:
  - Returns the resource policy of a certificate authority (CA) of AWS Private CA, in the shape of
    M(fleet_pki.aws_private_ca.acm_pca_policy).
  - It is the policy that shares the CA with other accounts, whether AWS Resource Access Manager made it or
    M(fleet_pki.aws_private_ca.acm_pca_policy) did.
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
notes:
  - "Minimal IAM policy (to read) - on the CA: C(acm-pca:GetPolicy)."
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_policy
"""

EXAMPLES = r"""
- name: See with whom the CA is shared
  fleet_pki.aws_private_ca.acm_pca_policy_info:
    certificate_authority_arn: "{{ servers.certificate_authority.arn }}"
  register: shared
"""

RETURN = r"""
policy:
  description: The CA's policy; V(null) when it has none.
  returned: success
  type: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.policies import Policies
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service

ARGUMENTS = {"certificate_authority_arn": {"type": "str", "required": True}}


def main() -> None:
    module = AnsibleAWSModule(argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS}, supports_check_mode=True)
    arn = module.params["certificate_authority_arn"]
    try:
        policy = Policies(GovernanceApi(connect_service(module.params, authority_arn=arn))).fetch(arn)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, policy=policy)


if __name__ == "__main__":
    main()
