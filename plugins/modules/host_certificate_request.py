#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificate_request
short_description: Look at a certificate on a host and, when one is due, leave a private key and its request
version_added: 0.1.0
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
description:
  - Inspects one lineage, which is a named certificate on one host over its whole life, and says what is due and why.
  - When a certificate is to be issued, makes the private key and the certificate signing request (CSR) on the host and
    returns the CSR. The private key never leaves the host.
  - A request that waits already is returned again as long as it is for the same.
  - Needs no AWS credentials and no AWS library. When nothing is due it loads no library at all.
extends_documentation_fragment:
  - fleet_pki.aws_private_ca.host_lineage.lineage
  - fleet_pki.aws_private_ca.host_lineage.key_algorithm
options:
  source:
    description:
      - Where certificates come from. With V(private_ca), a certificate is asked for by the CSR that this module leaves.
      - With V(acm), AWS Certificate Manager makes the key and decides about renewals. This module then looks only,
        leaves nothing, compares no O(key_algorithm) and knows no time of renewal.
    type: str
    choices: [private_ca, acm]
    default: private_ca
  key_rotation:
    description:
      - Whether a new certificate gets a new private key.
      - V(never) and V(on_demand) keep the live key while it is of the O(key_algorithm) asked for.
      - V(on_demand) makes a new one in the run that sets O(rotate_key).
    type: str
    choices: [always, never, on_demand]
    default: always
  rotate_key:
    description: With O(key_rotation=on_demand), make a new key if a certificate is issued in this run.
    type: bool
    default: false
  renew_before:
    description:
      - How long before its end a certificate is renewed, as V(33%) of its lifetime, or a time like V(30d) or V(12h).
      - Defaults to the last third of the lifetime, the last half when that is ten days or less.
      - Up to a twentieth of the lifetime earlier, depending on O(host) and O(name), so that a fleet spreads out.
    type: str
  host:
    description: The host's name in the inventory. It seeds the spread of renewals.
    type: str
    default: ''
  revoked_serials:
    description: Serials, hexadecimal, known to be revoked.
    type: list
    elements: str
    default: []
  max_clock_skew:
    description:
      - How many seconds the host's clock may differ from O(now).
      - AWS Private CA sets the beginning of the validity 60 minutes back, which is the default.
    type: float
    default: 3600.0
  adopt:
    description:
      - A key and certificate already on the host that are taken over instead of issuing, if they are what is asked for.
      - Only looked at while the lineage has no certificate of its own.
    type: dict
    suboptions:
      key:
        description: Path of the private key, PEM.
        type: path
        required: true
      certificate:
        description: Path of the certificate, PEM. What follows it in the file is taken as its chain.
        type: path
        required: true
      chain:
        description: Path of the chain, PEM, the issuing CA first.
        type: path
requirements:
  - cryptography >= 3.3, when a certificate is due
attributes:
  check_mode:
    description: Can run in check mode and return the action and its reasons without changing anything.
    support: full
  diff_mode:
    description: Returns parsed facts, before and after, never PEM.
    support: full
seealso:
  - module: fleet_pki.aws_private_ca.host_certificate_install
  - module: fleet_pki.aws_private_ca.host_certificate_info
"""

EXAMPLES = r"""
- name: Ask for a certificate if one is due
  fleet_pki.aws_private_ca.host_certificate_request:
    name: web
    subject:
      CN: "{{ inventory_hostname }}"
    subject_alternative_names:
      - "DNS:{{ inventory_hostname }}"
      - IP:10.0.0.7
    renew_before: 30d
    host: "{{ inventory_hostname }}"
  register: web_certificate

- name: Show why
  ansible.builtin.debug:
    msg: "{{ web_certificate.reasons | map(attribute='message') }}"
"""

RETURN = r"""
action:
  description: What is due, C(none), C(repair), C(apply) or C(issue).
  returned: success
  type: str
  sample: issue
reasons:
  description: Why, each with a word of a closed vocabulary and a sentence.
  returned: success
  type: list
  elements: dict
  contains:
    reason:
      description: For example C(missing), C(names_changed), C(due_for_renewal), C(file_changed) or C(not_in_service).
      type: str
    message:
      description: A sentence for the reader.
      type: str
current:
  description: Facts of the live certificate, null when there is none.
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
request:
  description: The request that waits for its certificate, null when none does.
  returned: success
  type: dict
  contains:
    csr:
      description: The CSR in PEM.
      type: str
    resumed:
      description: Whether it waited already before this run.
      type: bool
generation:
  description: The generation that is on the host but not in service, for C(apply); else null.
  returned: success
  type: str
candidate:
  description: Facts of the certificate of RV(generation), for C(apply); else null.
  returned: success
  type: dict
replaces:
  description: Serial, hexadecimal, of the certificate that a new one takes the place of, null when there is none.
  returned: success
  type: str
superseded:
  description: Certificates that the live one was proved in service instead of, until they are dealt with or expire.
  returned: success
  type: list
  elements: dict
host_time:
  description: The host's clock in epoch seconds.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._host_call import HOST_MODULES, answer

NAME = "host_certificate_request"


def main() -> None:
    called = HOST_MODULES[NAME]
    module = AnsibleModule(argument_spec=called.argument_spec, supports_check_mode=True, **called.constraints)
    result = answer(NAME, module.params, Files(), module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
