#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: host_certificate
short_description: Keep a certificate from AWS Private CA on a host
version_added: 0.1.0
description:
  - Brings one named certificate on one host to what the task asks, and keeps it there from run to run.
  - The private key is made on the host and never leaves it. The control node has the host's request signed, installs
    certificate and chain by one atomic switch, has the service reloaded, and can prove that it is served.
  - Nothing is done, and AWS is not called, when nothing is due. A renewal is due in the last third of the certificate's
    life (see O(renew_before)); other names, another key, another CA or other terms are due at once.
  - With O(source=acm) the certificate is one that AWS Certificate Manager (ACM) made from a private CA and renews by
    itself. It is exported with its key, which is decrypted on the host only, and exported again after each renewal.
  - A certificate is asked of AWS once, however often the play is repeated or killed, because the control node keeps
    a ledger of what it asked (see O(ledger)).
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.attributes.action_group
  - fleet_pki.aws_private_ca.assume_role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - fleet_pki.aws_private_ca.host_lineage.key_algorithm
  - fleet_pki.aws_private_ca.issuance
  - fleet_pki.aws_private_ca.ledger
  - fleet_pki.aws_private_ca.ledger.limits
  - fleet_pki.aws_private_ca.ledger.recovery
attributes:
  check_mode:
    description: Whether the task can say what it would do, and why, without doing it.
    support: full
    details:
      - One round trip to the host, and no call of AWS. The hosts that it names are those that a run changes.
      - With O(source=acm) it reads what ACM has, and exports nothing.
  diff_mode:
    description: Whether the task can show what it changes.
    support: full
    details: The diff is of parsed facts of the certificate. It has no PEM and no key.
  platform:
    description: Where the task can run.
    platforms: posix
    support: full
  action:
    description: Whether part of the work is done on the control node.
    support: full
  async:
    description: Whether the task can run in the background.
    support: none
options:
  name:
    description:
      - The name of the certificate on the host. Its files are below O(base_directory) in a directory of this name.
      - Hosts may keep several certificates, each of its own name.
    type: str
    required: true
  defaults:
    description:
      - Options as one mapping, such as an item of a loop. It gives what the task does not give itself.
      - An empty value (V(null), an empty string, list or mapping) leaves an option at its default.
    type: dict
  state:
    description:
      - Whether the certificate is kept on the host, or removed from it with all its files and keys.
      - Removing revokes only with O(revoke_removed).
    type: str
    choices: [present, absent]
    default: present
  base_directory:
    description: The directory on the host that holds all certificates kept by this collection.
    type: str
    default: /etc/aws-private-ca
  source:
    description:
      - Where the certificate comes from.
      - With V(private_ca), AWS Private CA signs a request of the host, which makes and keeps the private key.
      - With V(acm), AWS Certificate Manager makes key and certificate from a private CA, for 395 days and with DNS
        names only, and renews them by itself about 60 days before the end. They are exported with a random passphrase
        and decrypted on the host. AWS charges for the first export.
      - With V(acm), the certificate is found by O(common_name), O(subject_alternative_names),
        O(certificate_authority_arn) and O(key_algorithm), and requested if there is none; or it is O(certificate_arn).
      - With V(acm), what says how to issue, renew or revoke is refused, O(template), O(signing_algorithm),
        O(validity), O(validity_not_before), O(api_passthrough), O(key_rotation), O(rotate_key), O(renew_before),
        O(force), O(adopt), O(revoke_superseded) and O(revoke_removed). The ledger is not used.
    type: str
    choices: [private_ca, acm]
    default: private_ca
  certificate_authority_arn:
    description:
      - The ARN of the private CA that signs. Its region and partition are taken from it.
      - Required when O(state=present), unless O(certificate_arn) is given.
    type: str
  certificate_arn:
    description:
      - With O(source=acm), the ARN of the certificate in ACM, which is installed and never requested.
      - Names and CA may be left out. Those that are given, and a O(key_algorithm) other than the default, must be the
        certificate's.
    type: str
  common_name:
    description: The common name of the subject, at most 64 characters.
    type: str
  subject:
    description:
      - The subject, attribute name (V(O), V(organizationName) or a dotted OID) to a string or a list of strings.
      - The common name may be here or in O(common_name).
    type: dict
  subject_alternative_names:
    description:
      - The alternative names, each with its kind in front.
      - Kinds are C(DNS), C(IP), C(email), C(URI), C(RID), C(dirName) and C(otherName).
    type: list
    elements: str
  key_rotation:
    description:
      - Whether a new certificate gets a new private key.
      - With V(on_demand) it does when O(rotate_key=true).
    type: str
    choices: [always, never, on_demand]
    default: always
  rotate_key:
    description: Whether the next certificate gets a new key, with O(key_rotation=on_demand).
    type: bool
    default: false
  key_format:
    description: How the private key is written, as PKCS#8 or in the traditional form of its algorithm.
    type: str
    choices: [pkcs8, traditional]
    default: pkcs8
  key_passphrase:
    description: A passphrase that protects the private key on the host. It appears in no result.
    type: str
  keystore_passphrase:
    description:
      - The passphrase of C(keystore.p12), which O(formats) with V(pkcs12) needs. It appears in no result.
      - Changing it writes that file anew, without another certificate.
    type: str
  renew_before:
    description:
      - How long before its end the certificate is renewed, as a share of its life (V(33%)) or a time (V(30d), V(12h)).
      - By default the last third of its life, or the last half if it lives for ten days or less.
      - A part of the fleet renews a little earlier, by a twentieth of the life at most, so that not all come at once.
    type: str
  force:
    description: Whether to issue a new certificate though none is due. Happens once in a run.
    type: bool
    default: false
  revoked_serials:
    description: Serials, in hexadecimal, of certificates that are known to be revoked and are to be replaced.
    type: list
    elements: str
    default: []
  adopt:
    description:
      - A key and certificate that are on the host already, to be taken over if they meet what the task asks.
      - Nothing is issued then.
    type: dict
    suboptions:
      key:
        description: The file of the private key.
        type: str
        required: true
      certificate:
        description: The file of the certificate, or of certificate and chain.
        type: str
        required: true
      chain:
        description: The file of the chain, where it is another one.
        type: str
  as_of:
    description:
      - The time by which to decide what is due and to judge validity, in ISO 8601; by default now.
      - With C(--check) it tells what a run at that time would do.
    type: str
  validate_command:
    description:
      - The service's own test of its configuration, as a list of arguments or a string quoted as for a shell.
      - Commands run on the host, without a shell. If one fails, the former certificate is put back and the task fails.
    type: raw
  reload_command:
    description: What makes the service take up the new certificate, in the form of O(validate_command).
    type: raw
  command_timeout:
    description: How long each command may take, in seconds.
    type: float
    default: 60.0
  verify:
    description: How to prove, by a TLS handshake from the host, that the service serves the new certificate.
    type: dict
    suboptions:
      host:
        description: The address to connect to.
        type: str
        default: 127.0.0.1
      port:
        description: The port to connect to.
        type: int
        required: true
      server_name:
        description: The name to ask for (SNI).
        type: str
      starttls:
        description: The protocol that turns to TLS after a greeting.
        type: str
        choices: [smtp, imap, postgres, ldap]
      timeout:
        description: How long one handshake may take, in seconds.
        type: float
        default: 5.0
      retries:
        description: How often to try again while the service still serves another certificate.
        type: int
        default: 10
      interval:
        description: The pause between two tries, in seconds.
        type: float
        default: 0.5
  keep_generations:
    description: How many former generations of the certificate to keep on the host.
    type: int
    default: 2
  revoke_superseded:
    description:
      - Have AWS Private CA revoke the certificates that this task replaces. Nothing is revoked without it.
      - A replaced certificate is revoked by the first run after O(revoke_superseded.after) that finds nothing else due,
        and only if the service was proved (O(verify)) to serve the new one. The one in service never is.
      - The host keeps track of what is to be revoked, and the ledger must know it as this host's, so that no host can
        have another's certificate revoked. What was replaced without a proof, or was adopted, is left alone.
    type: dict
    suboptions:
      reason:
        description: The reason that is published.
        type: str
        choices: [UNSPECIFIED, KEY_COMPROMISE, CERTIFICATE_AUTHORITY_COMPROMISE, AFFILIATION_CHANGED, SUPERSEDED,
          CESSATION_OF_OPERATION, PRIVILEGE_WITHDRAWN, A_A_COMPROMISE]
        default: SUPERSEDED
      after:
        description: How long after the proof, as V(7d), V(12h) or V(0s).
        type: str
        default: 7d
  revoke_removed:
    description:
      - With O(state=absent), have the certificate revoked for this reason, then remove it, once the host has said that
        it can be removed. So are those that it replaced, and those that never came into service, as far as the host
        still has them or a record of them. A certificate without an ARN on record is warned of.
      - All are tried. Where a CA refuses one, the task fails afterwards and removes nothing; a next run goes on.
      - One that has expired needs no revocation and is left out. One that AWS Private CA knows no longer, for its CA is
        gone, is warned of.
      - Costs another round trip to the host.
    type: str
    choices: [UNSPECIFIED, KEY_COMPROMISE, CERTIFICATE_AUTHORITY_COMPROMISE, AFFILIATION_CHANGED, SUPERSEDED,
      CESSATION_OF_OPERATION, PRIVILEGE_WITHDRAWN, A_A_COMPROMISE]
  formats:
    description:
      - Files to write beside C(privkey.pem), C(cert.pem), C(chain.pem), C(fullchain.pem) and C(root.pem).
      - V(combined) is C(combined.pem), certificate, chain and key, as haproxy reads it.
      - V(pkcs12) is C(keystore.p12), as Java reads it; it needs O(keystore_passphrase).
      - V(der) is C(cert.der) and C(privkey.der).
    type: list
    elements: str
    choices: [combined, pkcs12, der]
    default: []
  links:
    description:
      - Symbolic links to keep, absolute path to the name of a file of the live generation.
      - Another link there is replaced. A file or directory is not, and the task fails.
      - A link that is taken out of this option is removed, and so are all with O(state=absent), as far as they still
        lead to this certificate.
      - It is removed after the service was reloaded and proved, so change what the service reads before. A warning
        names one that cannot be removed.
    type: dict
    default: {}
  owner:
    description: The owner of certificate files; by default the user that Ansible becomes.
    type: str
  group:
    description: The group of certificate files.
    type: str
  mode:
    description: The mode of certificate files, octal in quotes; by default V(0644).
    type: raw
  key_owner:
    description: The owner of files with the private key; by default the user that Ansible becomes.
    type: str
  key_group:
    description: The group of files with the private key.
    type: str
  key_mode:
    description:
      - The mode of files with the private key, octal in quotes; by default V(0600).
      - A mode that gives a permission to everyone, or more than reading to the group, is refused.
    type: raw
  wait_timeout:
    description: How long to wait for an issued certificate, in seconds. A later run goes on waiting for the same one.
    type: int
    default: 120
requirements:
  - boto3, on the control node
  - Python >= 3.8 and cryptography >= 3.3, on the host
notes:
  - AWS is called from the control node, with its credentials and boto3. It is the control node that is meant where
    notes on credentials and settings of AWS speak of the Ansible C(host) context.
  - On the host it runs without Ansible's library, which is faster, and leaves no line in the host's system log.
  - "Minimal IAM policy (to keep a certificate) - on the CA: C(acm-pca:GetCertificate); on the CA, template
    C(EndEntityCertificate/V1): C(acm-pca:IssueCertificate)."
  - "Minimal IAM policy (without a signing algorithm, besides) - on the CA: C(acm-pca:DescribeCertificateAuthority)."
  - "Minimal IAM policy (to revoke, besides) - on the CA: C(acm-pca:RevokeCertificate)."
  - "Minimal IAM policy (to revoke by a CA with a CRL, besides) - on the objects of the CRL bucket: C(s3:PutObject),
    C(s3:PutObjectAcl)."
  - "Minimal IAM policy (to revoke by a ledger in DynamoDB, besides) - on the table: C(dynamodb:Scan)."
  - "Minimal IAM policy (from ACM, by ARN) - on the certificate: C(acm:DescribeCertificate),
    C(acm:ExportCertificate)."
  - "Minimal IAM policy (from ACM, by names, besides) - on C(*): C(acm:ListCertificates), C(acm:RequestCertificate)."
  - With O(source=acm), C(acm-pca:DescribeCertificateAuthority) and C(acm-pca:ListPermissions) on the CA let a CA that
    ACM cannot use be named before the request.
  - With O(source=acm), the task turns on pipelining for itself, and fails where that is not possible, so that Ansible
    writes the key to no temporary file.
  - The region is the one of O(certificate_authority_arn) or O(certificate_arn); the environment variable C(AWS_REGION)
    is not heeded.
seealso:
  - module: fleet_pki.aws_private_ca.acm_pca_issue_certificate
  - module: fleet_pki.aws_private_ca.acm_private_certificate
  - module: fleet_pki.aws_private_ca.host_certificate_info
"""

EXAMPLES = r"""
- name: Keep a certificate for nginx
  fleet_pki.aws_private_ca.host_certificate:
    name: web
    certificate_authority_arn: "{{ ca_arn }}"
    common_name: "{{ inventory_hostname }}"
    subject_alternative_names:
      - DNS:{{ inventory_hostname }}
      - DNS:www.example.com
    validity: {type: DAYS, value: 90}
    validate_command: nginx -t
    reload_command: systemctl reload-or-restart nginx
    verify:
      port: 443
      server_name: "{{ inventory_hostname }}"

- name: Tell what a run on the first of March would renew
  fleet_pki.aws_private_ca.host_certificate:
    name: web
    certificate_authority_arn: "{{ ca_arn }}"
    common_name: "{{ inventory_hostname }}"
    as_of: "2027-03-01T00:00:00Z"
  check_mode: true

- name: Keep a certificate, and have a replaced one revoked two days after the new one is proved to be served
  fleet_pki.aws_private_ca.host_certificate:
    name: api
    certificate_authority_arn: "{{ ca_arn }}"
    common_name: "{{ inventory_hostname }}"
    reload_command: systemctl reload-or-restart nginx
    verify: {port: 443}
    revoke_superseded: {after: 2d}

- name: Install a certificate that ACM keeps, and again after each renewal of ACM's
  fleet_pki.aws_private_ca.host_certificate:
    name: shared
    source: acm
    certificate_arn: arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012
    reload_command: systemctl reload-or-restart nginx
    verify: {port: 443}

- name: Remove a certificate and its key
  fleet_pki.aws_private_ca.host_certificate:
    name: old
    state: absent
    revoke_removed: CESSATION_OF_OPERATION
"""

RETURN = r"""
name:
  description: The name of the certificate on the host.
  returned: always
  type: str
  sample: web
action:
  description: What was done, or in check mode would be.
  returned: success
  type: str
  sample: issue
reasons:
  description: Why, each as a word of a closed vocabulary and a sentence.
  returned: success
  type: list
  elements: dict
  sample:
    - reason: due_for_renewal
      message: The certificate expires at 2027-02-21T12:00:00Z and was to be renewed from 2027-01-20T03:12:44Z on
msg:
  description: One line on what was done, and why.
  returned: always
  type: str
certificate:
  description: Facts of the certificate that is live now; V(null) when there is none.
  returned: success
  type: dict
  sample:
    serial: 7b1a4ac8d2d0c1a6f0b9d8a1c2e3f405
    subject: {CN: web-01.example.com}
    subject_alternative_names: ["DNS:web-01.example.com"]
    not_after: "2027-02-21T12:00:00Z"
previous:
  description: Facts of the certificate that was live before; V(null) when there was none, or when nothing changed.
  returned: success
  type: dict
certificate_arn:
  description: The ARN of the certificate that is live now; V(null) when it is unknown.
  returned: success
  type: str
differences:
  description: What the CA dropped or overrode of what was asked, each as a sentence.
  returned: success
  type: list
  elements: str
paths:
  description: The files of the certificate on the host, through C(live).
  returned: when something was installed
  type: dict
steps:
  description: The steps of the installation that were done, in order.
  returned: success
  type: list
  elements: str
served_serial:
  description: The serial that the service was proved to serve, in hexadecimal.
  returned: when O(verify) was given and something was installed
  type: str
next_renewal:
  description:
    - When the next renewal is due, in ISO 8601. With O(source=acm), when ACM begins to renew.
    - V(null) in check mode where a certificate would be issued, for only that certificate has a next renewal.
  returned: success
  type: str
revoked:
  description: ARNs of the certificates that were revoked, or in check mode would be.
  returned: success, and where only some could be revoked
  type: list
  elements: str
"""
