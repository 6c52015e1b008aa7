#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_certificate_authority
short_description: Create, activate, change, delete and restore certificate authorities of AWS Private CA
version_added: 0.1.0
description:
  - Makes a root or subordinate certificate authority (CA) of AWS Private CA what the options say, in one task.
  - A new CA is created, its key awaited, its certificate signed and installed. A root signs itself. A
    subordinate is signed by a
    parent CA of the service. If it is signed elsewhere, the CSR is returned and a later run imports the certificate.
  - What an option does not name is left as it is. Differences that nothing can change after creation are an
    error that names them.
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.attributes
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
requirements:
  - cryptography >= 3.3
attributes:
  diff_mode:
    description: Whether the task can show what it changes.
    support: full
    details: Shows the compared facts of the CA, the same in check mode as in a real run.
options:
  state:
    description:
      - With V(present), the CA exists as the options say.
      - With V(absent), it is disabled if it is active, and deleted. It can be restored until its window ends.
      - A CA whose creation failed cannot be restored, and is found by O(certificate_authority_arn) alone. It is in
        the way of no other.
    type: str
    choices: [present, absent]
    default: present
  certificate_authority_arn:
    description:
      - ARN of an existing CA. Without it, the CA is found by O(name).
    type: str
    aliases: [arn]
  name:
    description:
      - Value of the CA's tag C(Name), by which it is found in this account and region. It must be unique there.
      - Required to create a CA. With O(certificate_authority_arn), the tag is set to this value.
    type: str
  type:
    description: Type of the CA. Required to create it, fixed afterwards.
    type: str
    choices: [ROOT, SUBORDINATE]
  key_algorithm:
    description:
      - Algorithm of the CA's key. Fixed after creation, V(RSA_2048) when the CA is created without it.
      - V(SM2) exists in the regions of China only.
    type: str
    choices: [RSA_2048, RSA_3072, RSA_4096, EC_prime256v1, EC_secp384r1, EC_secp521r1, ML_DSA_44, ML_DSA_65, ML_DSA_87,
      SM2]
  signing_algorithm:
    description:
      - Algorithm with which the CA signs its CSR, CRLs and OCSP answers. Fixed after creation.
      - When the CA is created without it, the one that suits O(key_algorithm).
    type: str
    choices: &signing_algorithms
      - SHA256WITHECDSA
      - SHA384WITHECDSA
      - SHA512WITHECDSA
      - SHA256WITHRSA
      - SHA384WITHRSA
      - SHA512WITHRSA
      - SHA256WITHRSA_PSS
      - SHA384WITHRSA_PSS
      - SHA512WITHRSA_PSS
      - SM3WITHSM2
      - ML_DSA_44
      - ML_DSA_65
      - ML_DSA_87
  subject:
    description: The CA's name. Required to create the CA, fixed afterwards and compared as a whole.
    type: dict
    suboptions:
      country: {description: Two letters (C)., type: str}
      organization: {description: Organization (O)., type: str}
      organizational_unit: {description: Organizational unit (OU)., type: str}
      distinguished_name_qualifier: {description: Distinguished name qualifier., type: str}
      state: {description: State or province (ST)., type: str}
      common_name: {description: 'Common name (CN), at most 64 characters.', type: str}
      serial_number: {description: Serial number of the subject., type: str}
      locality: {description: Locality (L)., type: str}
      title: {description: Title., type: str}
      surname: {description: Surname., type: str}
      given_name: {description: Given name., type: str}
      initials: {description: Initials., type: str}
      pseudonym: {description: Pseudonym., type: str}
      generation_qualifier: {description: Generation qualifier., type: str}
      custom_attributes:
        description: Attributes by object identifier. The service takes these or the attributes above, not both.
        type: list
        elements: dict
        suboptions:
          object_identifier: {description: Object identifier of the attribute., type: str, required: true}
          value: {description: Its value., type: str, required: true}
  csr_extensions:
    description: Extensions of the CSR that the CA makes of its key. Fixed after creation.
    type: dict
    suboptions:
      key_usage:
        description: Key usages that the CSR asks for.
        type: list
        elements: str
        choices: [digital_signature, non_repudiation, key_encipherment, data_encipherment, key_agreement, key_cert_sign,
          crl_sign, encipher_only, decipher_only]
      subject_information_access:
        description: Where the CA publishes.
        type: list
        elements: dict
        suboptions:
          access_method:
            description: What is to be found there.
            type: str
            required: true
            choices: [CA_REPOSITORY, RESOURCE_PKI_MANIFEST, RESOURCE_PKI_NOTIFY]
          uri: {description: Its address., type: str, required: true}
  usage_mode:
    description:
      - V(SHORT_LIVED_CERTIFICATE) makes a cheaper CA whose certificates live at most seven days. Fixed
        after creation.
    type: str
    choices: [GENERAL_PURPOSE, SHORT_LIVED_CERTIFICATE]
  key_storage_security_standard:
    description:
      - Standard of the hardware that holds the key. Fixed after creation. Regions offer different ones,
        those of China
        V(CCPC_LEVEL_1_OR_HIGHER).
    type: str
    choices: [FIPS_140_2_LEVEL_2_OR_HIGHER, FIPS_140_2_LEVEL_3_OR_HIGHER, CCPC_LEVEL_1_OR_HIGHER]
  crl:
    description:
      - Certificate revocation lists in an S3 bucket, whose policy must let C(acm-pca.amazonaws.com) write.
      - A suboption that is not given stays as it is, an empty string takes a text away.
      - Certificates that are issued already keep pointing where they point.
    type: dict
    suboptions:
      enabled: {description: Whether CRLs are made., type: bool, default: true}
      s3_bucket_name: {description: The bucket. Required to enable CRLs., type: str}
      expiration_in_days: {description: 'Lifetime of a CRL, 1 to 5000. Required to enable CRLs.', type: int}
      s3_object_acl:
        description: ACL of the objects. The service's own choice is V(PUBLIC_READ), which S3 Block
          Public Access refuses.
        type: str
        choices: [PUBLIC_READ, BUCKET_OWNER_FULL_CONTROL]
      crl_type:
        description: One list of all, or many of some. Only partitioned lists lift the limit of a
          million certificates for a CA.
        type: str
        choices: [COMPLETE, PARTITIONED]
      custom_cname: {description: Host name that certificates show in place of the bucket's., type: str}
      custom_path: {description: Path in the bucket in place of C(crl)., type: str}
      omit_distribution_point: {description: Whether certificates leave the address of the CRL out., type: bool}
  ocsp:
    description: The service's own OCSP responder. A suboption that is not given stays as it is.
    type: dict
    suboptions:
      enabled: {description: Whether the responder answers and new certificates name it., type: bool, default: true}
      custom_cname: {description: Host name that certificates show in place of the service's., type: str}
  enabled:
    description:
      - Whether the CA may issue. V(true) enables a disabled CA, V(false) disables an active one.
      - When it is not given, a CA that somebody disabled stays disabled.
    type: bool
  activate:
    description: Whether the CA is given a certificate when it has none, when that has expired, or by
      O(renew_before).
    type: bool
    default: true
  parent_certificate_authority_arn:
    description:
      - The CA of the service that signs this subordinate; its own or one shared by another account, in the region
        that the ARN names.
      - Whether it can sign, and does not end before O(validity), is looked at in check mode too, and before a
        CA is made.
    type: str
  path_length:
    description:
      - How many levels of CAs a subordinate may have below it, which chooses the template
        C(SubordinateCACertificate_PathLenN). When it is not given, V(0) for a new CA, and what a CA has is
        kept when its certificate is renewed.
      - When it is given with O(parent_certificate_authority_arn) and the installed certificate says otherwise,
        the parent signs another one.
    type: int
    choices: [0, 1, 2, 3]
  validity:
    description:
      - Validity of the CA's certificate, in the API's own terms. When it is not given, ten years for a
        root and three for a
        subordinate.
      - The service refuses a certificate that outlives its issuer's.
    type: dict
    suboptions:
      type:
        description: Unit or kind of O(validity.value).
        type: str
        required: true
        choices: [END_DATE, ABSOLUTE, DAYS, MONTHS, YEARS]
      value: {description: 'A number of units, epoch seconds, or YYYYMMDDHHMMSS.', type: int, required: true}
  certificate_signing_algorithm:
    description: Algorithm with which the CA's certificate is signed. When it is not given, the issuer's
      O(signing_algorithm).
    type: str
    choices: *signing_algorithms
  certificate:
    description:
      - The CA's certificate in PEM, signed elsewhere for the returned CSR. It is imported when another is
        installed.
    type: str
  certificate_chain:
    description: The certificates above O(certificate) in PEM, root last.
    type: str
  renew_before:
    description:
      - How long before its end the CA's certificate is renewed with the same key, as V(33%), V(365d) or V(12h).
      - When it is not given, a valid certificate is never renewed. The new certificate of a root must
        reach all trust stores.
      - Where it covers the whole O(validity), or all the time until its fixed end, nothing is signed and the task
        fails, for every run would sign another one.
    type: str
  restore:
    description:
      - Whether a deleted CA is restored. By O(name), it is found by its type and subject, for the service
        may refuse to list
        the tags of a deleted CA.
      - A restored CA is disabled or pending, as it was before; O(enabled=true) enables it in the same task.
    type: bool
    default: false
  permanent_deletion_time_in_days:
    description: How long a CA that is deleted can be restored, 7 to 30 days.
    type: int
    default: 30
  tags:
    description: Tags of the CA.
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether tags that are not in O(tags) are removed. C(Name) is kept when O(name) is given,
      and so is C(aws:*).
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait for the key, for the certificate and for the CA to be active, each.
    type: int
    default: 300
notes:
  - "Minimal IAM policy (to make a root) - on C(*): C(acm-pca:CreateCertificateAuthority),
    C(acm-pca:ListCertificateAuthorities), C(acm-pca:TagCertificateAuthority); on the CA:
    C(acm-pca:DescribeCertificateAuthority), C(acm-pca:GetCertificateAuthorityCsr),
    C(acm-pca:ImportCertificateAuthorityCertificate), C(acm-pca:ListTags), C(acm-pca:GetCertificate);
    on the CA, template C(RootCACertificate/V1): C(acm-pca:IssueCertificate)."
  - By O(name), until a CA has it, C(acm-pca:ListTags) is needed on every CA of the account and region, for any of them
    may have it. Afterwards those whose tags are denied are passed over.
  - "Minimal IAM policy (to sign a subordinate, besides) - on the parent: C(acm-pca:DescribeCertificateAuthority),
    C(acm-pca:GetCertificate); on the parent, template C(SubordinateCACertificate_PathLen0/V1):
    C(acm-pca:IssueCertificate)."
  - "Minimal IAM policy (to keep a subordinate signed or imported, besides) - on the CA:
    C(acm-pca:GetCertificateAuthorityCertificate)."
  - "Minimal IAM policy (to change, delete and restore, besides) - on the CA: C(acm-pca:UpdateCertificateAuthority),
    C(acm-pca:UntagCertificateAuthority), C(acm-pca:DeleteCertificateAuthority),
    C(acm-pca:RestoreCertificateAuthority)."
  - "Minimal IAM policy (with a CRL, besides) - on the CRL bucket: C(s3:GetBucketAcl), C(s3:GetBucketLocation); on the
    objects of the CRL bucket: C(s3:PutObject), C(s3:PutObjectAcl)."
  - That is needed to turn the CRL on, and to change O(crl) or O(ocsp) while it is on. The service asks of the caller
    that he himself can write to the bucket, and does not document by which actions. These are the ones that its own
    bucket policy needs.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_certificate_authority_info
  - module: fleet_pki.aws_private_ca.acm_pca_policy
"""

EXAMPLES = r"""
- name: Make a root that signs itself
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    name: example-root
    type: ROOT
    key_algorithm: EC_secp384r1
    subject: {country: DE, organization: Example, common_name: Example Root}
    validity: {type: YEARS, value: 20}
    ocsp: {enabled: true}
    tags: {team: pki}
  register: root

- name: Make a subordinate below it, and renew its certificate a year before it ends
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    name: example-servers
    type: SUBORDINATE
    subject: {country: DE, organization: Example, common_name: Example Servers}
    parent_certificate_authority_arn: "{{ root.certificate_authority.arn }}"
    path_length: 0
    renew_before: 365d
    crl: {s3_bucket_name: example-crls, expiration_in_days: 7, s3_object_acl: BUCKET_OWNER_FULL_CONTROL}
  register: servers

- name: Make a subordinate whose certificate is signed elsewhere, and keep its CSR
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    name: example-external
    type: SUBORDINATE
    subject: {organization: Example, common_name: Example External}
  register: external

- name: Import what was signed for it
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    name: example-external
    certificate: "{{ lookup('ansible.builtin.file', 'external.pem') }}"
    certificate_chain: "{{ lookup('ansible.builtin.file', 'corporate-root.pem') }}"

- name: Delete it, with a week to think it over
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    name: example-servers
    state: absent
    permanent_deletion_time_in_days: 7

- name: Restore it
  fleet_pki.aws_private_ca.acm_pca_certificate_authority:
    certificate_authority_arn: "{{ servers.certificate_authority.arn }}"
    restore: true
    enabled: true
"""

RETURN = r"""
certificate_authority:
  description: Facts of the CA; V(null) when there is none, also in check mode before it is created.
  returned: success
  type: dict
  contains:
    arn: {description: ARN of the CA., type: str, returned: always}
    owner_account: {description: Account that owns the CA., type: str, returned: always}
    type: {description: C(ROOT) or C(SUBORDINATE)., type: str, returned: always}
    status:
      description: One of CREATING, PENDING_CERTIFICATE, ACTIVE, DISABLED, EXPIRED, FAILED, DELETED.
      type: str
      returned: always
    failure_reason: {description: Why its creation failed., type: str, returned: always}
    serial: {description: Serial of the CA's certificate in lower-case hexadecimal., type: str, returned: always}
    created_at: {description: When the CA was created (ISO 8601)., type: str, returned: always}
    last_state_change_at: {description: When its status last changed (ISO 8601)., type: str, returned: always}
    not_before: {description: Start of its certificate's validity (ISO 8601)., type: str, returned: always}
    not_after: {description: End of its certificate's validity (ISO 8601)., type: str, returned: always}
    restorable_until: {description: Until when it can be restored (ISO 8601)., type: str, returned: always}
    key_algorithm: {description: Algorithm of the CA's key., type: str, returned: always}
    signing_algorithm: {description: Algorithm of its CSR and CRLs., type: str, returned: always}
    subject: {description: The CA's name in the spelling of the option O(subject)., type: dict, returned: always}
    csr_extensions: {description: As in the option O(csr_extensions)., type: dict, returned: always}
    usage_mode: {description: As in the option O(usage_mode)., type: str, returned: always}
    key_storage_security_standard: {description: Standard of the key's hardware., type: str, returned: always}
    crl: {description: 'As in the option O(crl), with the service''s defaults.', type: dict, returned: always}
    ocsp: {description: As in the option O(ocsp)., type: dict, returned: always}
    tags: {description: Tags of the CA., type: dict, returned: always}
    certificate: {description: The CA's certificate in PEM., type: str, returned: always}
    certificate_chain: {description: 'What is above it, root last; none for a root.', type: str, returned: always}
    csr: {description: The CA's CSR in PEM., type: str, returned: always}
    denied: {description: Operations that were denied., type: list, elements: str, returned: always}
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
  sample: [Create the ROOT certificate authority example-root]
advice:
  description: What is left for the user to do.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.authorities import Authorities
from ..module_utils._acm_pca.authority_api import AuthorityApi
from ..module_utils._acm_pca.authority_options import ARGUMENTS, desired_authority
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service
from ..module_utils._x509.library import require_cryptography


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS},
        supports_check_mode=True,
        required_one_of=[("certificate_authority_arn", "name")],
        mutually_exclusive=[("parent_certificate_authority_arn", "certificate")],
        required_by={"certificate_chain": "certificate"},
    )
    params = module.params
    parent_arn = params["parent_certificate_authority_arn"]
    try:
        require_cryptography()
        api = AuthorityApi(connect_service(params, authority_arn=params["certificate_authority_arn"]))
        parent = AuthorityApi(connect_service(params, authority_arn=parent_arn)) if parent_arn else None
        authorities = Authorities(api, Polling(SystemClock(), timeout=params["wait_timeout"]), parent)
        desired = desired_authority(params)
        if params["state"] == "present":
            outcome = authorities.present(desired, module.check_mode)
        else:
            outcome = authorities.absent(desired, params["permanent_deletion_time_in_days"], module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("certificate_authority"))


if __name__ == "__main__":
    main()
