#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificate_install
short_description: Bring an issued certificate into service on a host, or the one before it back
version_added: 0.1.0
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
description:
  - Verifies the certificate's chain, names and key, writes a generation (key, certificate, chain), lets C(live) point
    at it in one instant, tests and reloads the service, and proves by a TLS handshake that it serves the certificate.
  - If switch, test, reload or proof fails, the generation before is live and loaded again before the task fails, also
    when the connection is lost meanwhile. The new one stays on the host, and the next run goes on with it.
  - Without O(certificate) and O(generation) it repairs the files of the live generation.
  - Needs no AWS credentials and no AWS library.
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.host_lineage.lineage
options:
  key_algorithm:
    description: Algorithm and size that the certificate's key must have, in AWS's names.
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
  certificate:
    description:
      - The issued certificate, PEM.
      - Its private key must be on the host, left by a request, or come with it in O(private_key).
    type: str
  chain:
    description:
      - The chain as PEM texts, the issuing CA first, the root last and included.
      - With O(private_key), the root may be missing; there is no C(root.pem) then.
    type: list
    elements: str
  certificate_arn:
    description: ARN of the certificate, recorded with it.
    type: str
  private_key:
    description:
      - The certificate's private key where it was not made on this host, as AWS Certificate Manager exports it, PEM of
        encrypted PKCS#8. It is decrypted here only.
      - If the same certificate is on the host already, with a key that is lost or protected otherwise, it gets another
        generation.
    type: str
  private_key_passphrase:
    description: What decrypts O(private_key).
    type: str
  generation:
    description: Instead of O(certificate), a generation that is on the host but not in service.
    type: str
  validate_command:
    description:
      - Test of the service's configuration, a list or a shell-quoted string. It is run without a shell.
      - With a placeholder like V({fullchain}), V({privkey}), V({chain}) or V({generation}) it runs before the switch,
        on the new files.
      - Without one it runs after the switch and before the reload, for C(nginx -t) and its like read what C(live)
        points at.
    type: raw
  reload_command:
    description: Reloads the service, a list or a shell-quoted string. It is run without a shell.
    type: raw
  command_timeout:
    description: Seconds after which a command and all that it started is killed, and counts as failed.
    type: float
    default: 60.0
  verify:
    description: Where a TLS handshake from the host is to show the new certificate.
    type: dict
    suboptions:
      host:
        description: Address or name to connect to.
        type: str
        default: 127.0.0.1
      port:
        description: TCP port.
        type: int
        required: true
      server_name:
        description: Server name to send (SNI).
        type: str
      starttls:
        description: Protocol that begins in clear text.
        type: str
        choices: [smtp, imap, postgres, ldap]
      timeout:
        description: Seconds for one try.
        type: float
        default: 5.0
      retries:
        description: How many tries follow the first.
        type: int
        default: 10
      interval:
        description: Seconds between two tries.
        type: float
        default: 0.5
  keep_generations:
    description: How many generations are kept beside the live one.
    type: int
    default: 2
  forget_superseded:
    description: ARNs of replaced certificates that are dealt with, and are taken off the host's record of them.
    type: list
    elements: str
    default: []
  state:
    description: V(absent) removes the lineage with all its keys from the host. It revokes nothing.
    type: str
    choices: [present, absent]
    default: present
requirements:
  - cryptography >= 3.3, for a new certificate or a repair
attributes:
  check_mode:
    description: Can run in check mode and predict the change without changing anything.
    support: full
  diff_mode:
    description: Returns parsed facts, before and after, never PEM.
    support: full
seealso:
  - module: fleet_pki.aws_private_ca.host_certificate_request
  - module: fleet_pki.aws_private_ca.host_certificate_info
"""

EXAMPLES = r"""
- name: Ask for a certificate if one is due
  fleet_pki.aws_private_ca.host_certificate_request:
    name: web
    subject:
      CN: "{{ inventory_hostname }}"
  register: asked

- name: Have the request signed, where AWS credentials are
  fleet_pki.aws_private_ca.acm_pca_issue_certificate:
    certificate_authority_arn: "{{ ca_arn }}"
    csr: "{{ asked.request.csr }}"
  register: issued
  delegate_to: localhost
  become: false
  when: asked.action == 'issue'

- name: Install what the CA issued, and prove that nginx serves it
  fleet_pki.aws_private_ca.host_certificate_install:
    name: web
    certificate: "{{ issued.certificate }}"
    chain: "{{ issued.certificate_chain }}"
    certificate_arn: "{{ issued.certificate_arn }}"
    key_group: www-data
    key_mode: '0640'
    validate_command: nginx -t
    reload_command: systemctl reload-or-restart nginx
    verify:
      port: 443
      server_name: "{{ inventory_hostname }}"
  when: asked.action == 'issue'

- name: Remove the certificate and its keys
  fleet_pki.aws_private_ca.host_certificate_install:
    name: web
    state: absent
"""

RETURN = r"""
generation:
  description: The generation that is live, null after a removal.
  returned: success
  type: str
current:
  description: Facts of the certificate that is live, null after a removal.
  returned: success
  type: dict
certificate_arn:
  description: ARN of the live certificate, null when it is unknown.
  returned: success
  type: str
issued_at:
  description: When the live certificate was issued, in epoch seconds. Renewal is reckoned from it.
  returned: success
  type: float
previous:
  description: Facts of the certificate that was live before, null when there was none.
  returned: success
  type: dict
certificates:
  description:
    - The certificates that the host has or had a key of, as far as it has a record of them, the live one last.
    - Each has C(serial), C(certificate_arn), C(not_after) and C(generation), null where that is not on record.
  returned: with O(state=absent)
  type: list
  elements: dict
steps:
  description: The steps done, in order.
  returned: success
  type: list
  elements: str
  sample: [verify, write, switch, validate, reload, prove, record]
served:
  description: The serial that a handshake showed, null without O(verify).
  returned: success
  type: dict
  contains:
    serial:
      description: Serial, hexadecimal.
      type: str
paths:
  description: Paths of the files below C(live), by file name.
  returned: success
  type: dict
step:
  description: The step that failed, C(switch), C(validate), C(reload) or C(prove).
  returned: when such a step failed
  type: str
output:
  description: The end of what the failed command printed.
  returned: when such a step failed
  type: str
restored:
  description: Whether the generation before is live and in service again.
  returned: when such a step failed
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._host_call import HOST_MODULES, answer

NAME = "host_certificate_install"


def main() -> None:
    called = HOST_MODULES[NAME]
    module = AnsibleModule(argument_spec=called.argument_spec, supports_check_mode=True, **called.constraints)
    result = answer(NAME, module.params, Files(), module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
