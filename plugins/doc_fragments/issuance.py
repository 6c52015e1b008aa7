# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that shape an issuance (``_issuance_options.TERMS_OPTIONS``)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  template:
    description:
      - The certificate template, by short name (V(EndEntityServerAuthCertificate)) or by ARN.
      - The ARN is always sent in the partition of the CA.
    type: str
    default: EndEntityCertificate
    aliases: [template_arn]
  signing_algorithm:
    description:
      - The algorithm that the CA signs with, such as V(SHA256WITHECDSA). Its family must fit the CA's own key.
      - By default the CA's own, which takes a call of C(DescribeCertificateAuthority).
    type: str
  validity:
    description:
      - How long the certificate is to be valid, in the API's own shape.
      - Where a certificate is kept on a host, another validity is a reason to issue. A date that a play computes must
        not be another one at every run.
    type: dict
    default: {type: DAYS, value: 90}
    suboptions:
      type:
        description:
          - The unit of O(validity.value).
          - With V(END_DATE) the value is a date as C(YYYYMMDDHHMMSS) in UTC; with V(ABSOLUTE) it is in epoch seconds.
        type: str
        choices: [END_DATE, ABSOLUTE, DAYS, MONTHS, YEARS]
        default: DAYS
      value:
        description: The number of units, or the date.
        type: int
        required: true
  validity_not_before:
    description: When the validity is to begin; by default an hour before the certificate is issued.
    type: dict
    suboptions:
      type:
        description: The kind of O(validity_not_before.value); the service documents V(ABSOLUTE) alone.
        type: str
        choices: [END_DATE, ABSOLUTE, DAYS, MONTHS, YEARS]
        default: ABSOLUTE
      value:
        description: The time, in epoch seconds for V(ABSOLUTE).
        type: int
        required: true
  api_passthrough:
    description:
      - What the CA is to put into the certificate beside, or in place of, what the CSR says.
      - Heeded only with templates whose names end in C(_APIPassthrough) or C(_APICSRPassthrough). With others the
        service ignores it silently, and the differences in the result tell.
    type: dict
    suboptions:
      subject:
        description:
          - The subject, attribute name (V(CN), V(organizationName) or a dotted OID) to a string or a list of strings.
        type: dict
      subject_alternative_names:
        description:
          - The alternative names, each with its kind in front.
          - Kinds are C(DNS), C(IP), C(email), C(URI), C(RID), C(dirName), C(otherName) (C(otherName:OID;UTF8:text)) and
            C(ediPartyName) (C(ediPartyName:assigner;party)).
        type: list
        elements: str
      key_usage:
        description: The key usages.
        type: list
        elements: str
        choices:
          - digitalSignature
          - nonRepudiation
          - keyEncipherment
          - dataEncipherment
          - keyAgreement
          - keyCertSign
          - cRLSign
          - encipherOnly
          - decipherOnly
      extended_key_usage:
        description: The extended key usages, by name (V(serverAuth) or V(SERVER_AUTH)) or dotted OID.
        type: list
        elements: str
      certificate_policies:
        description: The certificate policies.
        type: list
        elements: dict
        suboptions:
          oid:
            description: The policy's object identifier.
            type: str
            required: true
          cps_uris:
            description: Where its certification practice statement can be read.
            type: list
            elements: str
      custom_extensions:
        description: Any other extensions.
        type: list
        elements: dict
        suboptions:
          oid:
            description: The extension's object identifier.
            type: str
            required: true
          value:
            description: The DER of its value, in base64.
            type: str
            required: true
          critical:
            description: Whether it is critical.
            type: bool
            default: false
"""
