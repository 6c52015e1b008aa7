#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_policy
short_description: Share a certificate authority with other accounts by its resource policy
version_added: 0.1.0
description:
  - Sets or deletes the resource policy of a certificate authority (CA) of AWS Private CA.
  - Policies are compared by their meaning, not by their text.
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
    description: Whether the CA has the policy, or none.
    type: str
    choices: [present, absent]
    default: present
  policy:
    description:
      - The policy document. Required with O(state=present).
      - The service takes only the form that its guide shows, which is two statements, one of reading
        actions and one of
        C(acm-pca:IssueCertificate) with the condition C(acm-pca:TemplateArn).
    type: json
notes:
  - "Minimal IAM policy (to set and delete) - on the CA: C(acm-pca:GetPolicy), C(acm-pca:PutPolicy),
    C(acm-pca:DeletePolicy)."
  - Deleting a policy that AWS Resource Access Manager made takes the CA out of its shares.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_policy_info
"""

EXAMPLES = r"""
- name: Let another account issue end-entity certificates
  fleet_pki.aws_private_ca.acm_pca_policy:
    certificate_authority_arn: "{{ servers.certificate_authority.arn }}"
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: "1"
          Effect: Allow
          Principal: {AWS: "444455556666"}
          Action:
            - acm-pca:DescribeCertificateAuthority
            - acm-pca:GetCertificate
            - acm-pca:GetCertificateAuthorityCertificate
            - acm-pca:ListPermissions
            - acm-pca:ListTags
          Resource: "{{ servers.certificate_authority.arn }}"
        - Sid: "1"
          Effect: Allow
          Principal: {AWS: "444455556666"}
          Action: [acm-pca:IssueCertificate]
          Resource: "{{ servers.certificate_authority.arn }}"
          Condition:
            StringEquals:
              acm-pca:TemplateArn: arn:aws:acm-pca:::template/EndEntityCertificate/V1
"""

RETURN = r"""
policy:
  description: The CA's policy; V(null) when it has none.
  returned: success
  type: dict
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.policies import Policies, read_policy
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "certificate_authority_arn": {"type": "str", "required": True},
    "policy": {"type": "json"},
}


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS},
        supports_check_mode=True,
        required_if=[("state", "present", ["policy"])],
    )
    params = module.params
    arn = params["certificate_authority_arn"]
    try:
        policies = Policies(GovernanceApi(connect_service(params, authority_arn=arn)))
        if params["state"] == "present":
            outcome = policies.present(arn, read_policy(params["policy"]), module.check_mode)
        else:
            outcome = policies.absent(arn, module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("policy"))


if __name__ == "__main__":
    main()
