#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_private_certificate
short_description: Request, renew, export and delete private certificates of AWS Certificate Manager
version_added: 0.1.0
description:
  - Has AWS Certificate Manager (ACM) issue a certificate from a certificate authority (CA) of AWS Private CA,
    and waits until
    it is issued. ACM makes the key, renews the certificate by itself, and offers it to load balancers and the like.
  - A certificate with the same names, CA and kind of key is found and kept, whatever its key.
  - Before a request, the state of the CA and ACM's permission on it are looked at, as far as this identity
    may, for ACM
    takes a request that cannot succeed.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.attributes
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
    details: Every run with O(export_passphrase) exports again, which changes nothing in ACM.
options:
  state:
    description:
      - Whether ACM has the certificate. A deleted certificate stays valid until its CA revokes it. One that
        something uses is not deleted.
      - Where several have the names, CA and key that are given, V(present) means the one that ends last, and V(absent)
        is an error that names them.
    type: str
    choices: [present, absent]
    default: present
  certificate_arn:
    description:
      - ARN of an existing certificate. Without it, the certificate is found by its names, CA and key.
      - Names or a CA that are given beside it and that the certificate does not have are an error that names them.
      - It names the region, as O(certificate_authority_arn) does. O(region) has no effect.
    type: str
    aliases: [arn]
  domain_name:
    description: First DNS name, at most 64 characters. Required to request a certificate.
    type: str
  subject_alternative_names:
    description: More DNS names.
    type: list
    elements: str
    default: []
  certificate_authority_arn:
    description: ARN of the CA. Required to request a certificate.
    type: str
  key_algorithm:
    description: Kind of key that ACM makes.
    type: str
    choices: [RSA_2048, EC_prime256v1, EC_secp384r1]
    default: RSA_2048
  renew_before:
    description:
      - How long before its end the certificate is renewed at once, as V(90d) or V(25%). ACM itself renews
        60 days before.
      - Shorter than the 395 days of its life, or every run would renew it. V(394d) renews at once what is older
        than a day.
      - ACM renews on demand only what has been exported before; for another certificate that is due the task fails.
    type: str
  export_passphrase:
    description:
      - Export the certificate with its private key, encrypted with this passphrase of 4 to 128 ASCII
        characters without
        C(#), C($) and C(%). AWS charges for the first export of a certificate.
    type: str
  tags:
    description: Tags of the certificate.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait until the certificate is issued or renewed.
      - ACM remembers a request for an hour, also when its certificate was deleted. Another like it then takes a minute
        longer.
    type: int
    default: 300
notes:
  - "Minimal IAM policy (to find or request) - on C(*): C(acm:ListCertificates), C(acm:RequestCertificate); on the
    certificate: C(acm:DescribeCertificate), C(acm:GetCertificate), C(acm:ListTagsForCertificate)."
  - "Minimal IAM policy (to set and remove tags, besides) - on the certificate: C(acm:AddTagsToCertificate),
    C(acm:RemoveTagsFromCertificate)."
  - "Minimal IAM policy (to export, besides) - on the certificate: C(acm:ExportCertificate)."
  - "Minimal IAM policy (to renew, besides) - on the certificate: C(acm:RenewCertificate)."
  - "Minimal IAM policy (to delete, besides) - on the certificate: C(acm:DeleteCertificate)."
  - With C(acm-pca:DescribeCertificateAuthority) and C(acm-pca:ListPermissions) on the CA, an unusable CA and
    a missing
    permission are named before the request.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_permission
"""

EXAMPLES = r"""
- name: Have ACM issue a certificate for a load balancer
  fleet_pki.aws_private_ca.acm_private_certificate:
    domain_name: www.example.com
    subject_alternative_names: [example.com]
    certificate_authority_arn: "{{ ca_arn }}"
    key_algorithm: EC_prime256v1
  register: www

- name: Have it renewed now, and export it with its key for a server
  fleet_pki.aws_private_ca.acm_private_certificate:
    certificate_arn: "{{ www.certificate.arn }}"
    renew_before: 90d
    export_passphrase: "{{ vaulted_passphrase }}"
  register: exported
  no_log: true

- name: Delete it when nothing uses it any more
  fleet_pki.aws_private_ca.acm_private_certificate:
    certificate_arn: "{{ www.certificate.arn }}"
    state: absent
"""

RETURN = r"""
certificate:
  description: The certificate; V(null) when there is none.
  returned: success
  type: dict
  contains:
    arn: {description: ARN., type: str, returned: always}
    type: {description: 'Kind of certificate, V(PRIVATE) for one of a private CA.', type: str, returned: always}
    status: {description: Status in ACM., type: str, returned: always}
    failure_reason: {description: Why it failed., type: str, returned: always}
    domain_name: {description: First DNS name., type: str, returned: always}
    subject_alternative_names: {description: All DNS names., type: list, elements: str, returned: always}
    certificate_authority_arn: {description: ARN of the CA., type: str, returned: always}
    key_algorithm: {description: Kind of key., type: str, returned: always}
    serial: {description: 'Serial in lower-case hexadecimal, without separators.', type: str, returned: always}
    not_before: {description: Start of validity (ISO 8601)., type: str, returned: always}
    not_after: {description: End of validity (ISO 8601)., type: str, returned: always}
    in_use_by: {description: ARNs of what uses it., type: list, elements: str, returned: always}
    renewal_eligibility: {description: Whether ACM renews it., type: str, returned: always}
    renewal_status: {description: State of its last renewal., type: str, returned: always}
    renewal_status_reason: {description: Why its last renewal failed., type: str, returned: always}
    tags: {description: Tags., type: dict, returned: always}
    certificate: {description: The certificate in PEM., type: str, returned: when not in check mode}
    certificate_chain: {description: The chain in PEM., type: str, returned: when not in check mode}
encrypted_private_key:
  description: The private key, encrypted with O(export_passphrase) (PKCS#8, PEM).
  returned: when O(export_passphrase) is given and not in check mode
  type: str
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm.api import CertificateManagerApi
from ..module_utils._acm.arns import select_region
from ..module_utils._acm.certificates import ARGUMENTS, PrivateCertificates, desired_certificate
from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service, identify_account


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS},
        supports_check_mode=True,
        required_one_of=[("certificate_arn", "domain_name")],
        required_by={"domain_name": "certificate_authority_arn"},
    )
    params, clock, exported = module.params, SystemClock(), {}
    passphrase = params["export_passphrase"]
    try:
        region = select_region(params["certificate_arn"], params["certificate_authority_arn"])
        options = {**params, "region": region}
        api = CertificateManagerApi(connect_service(options, "acm"), clock)
        certificates = PrivateCertificates(
            api,
            lambda: GovernanceApi(connect_service(options), clock=clock),
            lambda: identify_account(options),
            Polling(clock, timeout=params["wait_timeout"]),
        )
        ensure = certificates.present if params["state"] == "present" else certificates.absent
        outcome = ensure(desired_certificate(params), module.check_mode)
        if passphrase and outcome.resource and not module.check_mode:
            exported["encrypted_private_key"] = api.export_certificate(outcome.resource["arn"], passphrase)[2]
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("certificate"), **exported)


if __name__ == "__main__":
    main()
