# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the host modules share."""

from __future__ import annotations


class ModuleDocFragment:
    LINEAGE = r"""
options:
  name:
    description:
      - Name of the lineage, of letters, digits, dots, dashes and underscores.
      - Its directory is below O(base_directory).
    type: str
    required: true
  base_directory:
    description:
      - Directory of all lineages. Missing directories are made with mode C(0755).
      - Neither it nor a parent may be under the control of a user other than root and the module's own.
    type: path
    default: /etc/aws-private-ca
  now:
    description: The time that decides what is due, in epoch seconds. Defaults to the host's clock.
    type: float
  owner:
    description: Owner of the certificate files. Defaults to the user that the module runs as.
    type: str
  group:
    description: Group of the certificate files.
    type: str
  mode:
    description: Mode of the certificate files, octal in quotes. Defaults to C('0644').
    type: raw
  key_owner:
    description: Owner of the files that hold the private key.
    type: str
  key_group:
    description: Group of the files that hold the private key.
    type: str
  key_mode:
    description:
      - Mode of the files that hold the private key, octal in quotes. Defaults to C('0600').
      - A mode that gives a permission to everyone, or more than reading to the group, is refused.
    type: raw
  key_format:
    description: Format of C(privkey.pem).
    type: str
    choices: [pkcs8, traditional]
    default: pkcs8
  key_passphrase:
    description:
      - Protects the private key wherever it is written, but for the PKCS#12 file.
      - Setting it for a key that has none encrypts that key. Changing it or taking it away needs a new certificate.
    type: str
  formats:
    description:
      - Files beyond C(privkey.pem), C(cert.pem), C(chain.pem), C(fullchain.pem) and C(root.pem).
      - V(combined) is C(combined.pem), certificate, chain and key, as haproxy reads it.
      - V(pkcs12) is C(keystore.p12) with the lineage's name as its alias, as Java reads it.
      - V(der) is C(cert.der) and C(privkey.der).
    type: list
    elements: str
    choices: [combined, pkcs12, der]
    default: []
  keystore_passphrase:
    description:
      - Protects the PKCS#12 file. Required for V(pkcs12) in O(formats).
      - Changing it writes that file anew, without another certificate.
    type: str
  links:
    description:
      - Links at usual paths, absolute path to name of a file in C(live/).
      - Another link there is replaced. A file or directory is not, the task fails instead.
      - A link that is taken out of this option is removed once the service took the certificate, and so are all when
        the lineage is, as far as they still lead into C(live/). A warning names one that cannot be removed.
    type: dict
    default: {}
  subject:
    description: Subject, attribute name (C(CN) or C(commonName), or a dotted OID) to string or list of strings.
    type: dict
  subject_alternative_names:
    description: Names with their kind, V(DNS:), V(IP:), V(email:), V(URI:), V(RID:), V(dirName:) or V(otherName:).
    type: list
    elements: str
  terms:
    description:
      - What else shapes the issuance, recorded with the certificate and compared on the next run.
      - Known are C(certificate_authority_arn), C(certificate_authority_key), C(template_arn),
        C(signing_algorithm), C(validity), C(validity_not_before) and C(api_passthrough).
    type: dict
    default: {}
  force_id:
    description: Identity of a run that wants a new certificate. Each identity gets one.
    type: str
"""

    KEY_ALGORITHM = r"""
options:
  key_algorithm:
    description: Algorithm and size of the private key, in AWS's names. C(ML_DSA) needs libraries that know it.
    type: str
    choices:
      - RSA_2048
      - RSA_3072
      - RSA_4096
      - EC_prime256v1
      - EC_secp384r1
      - EC_secp521r1
      - ML_DSA_44
      - ML_DSA_65
      - ML_DSA_87
    default: EC_prime256v1
"""
