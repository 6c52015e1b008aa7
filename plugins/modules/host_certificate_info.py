#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificate_info
short_description: Read the certificates that this collection keeps on a host
version_added: 0.1.0
author:
  - The fleet_pki.aws_private_ca authors (@fleet-pki)
description:
  - Reads every lineage below a base directory, or one, and changes nothing. A lineage is one named certificate over its
    whole life; a generation is one issued set of it, of key, certificate and chain.
  - Needs no AWS credentials and no library.
options:
  name:
    description: Read only the lineage of this name.
    type: str
  base_directory:
    description: Directory of all lineages.
    type: path
    default: /etc/aws-private-ca
  now:
    description: The time to compute with, in epoch seconds. Defaults to the host's clock.
    type: float
  renew_before:
    description: Rule of renewal, as in M(fleet_pki.aws_private_ca.host_certificate_request).
    type: str
  host:
    description: The host's name in the inventory, which seeds the spread of renewals.
    type: str
    default: ''
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Never returns a difference.
    support: none
seealso:
  - module: fleet_pki.aws_private_ca.host_certificate_request
"""

EXAMPLES = r"""
- name: Read all certificates
  fleet_pki.aws_private_ca.host_certificate_info:
  register: certificates

- name: Show when each is renewed
  ansible.builtin.debug:
    msg: "{{ certificates.lineages | items2dict(key_name='name', value_name='renew_at') }}"
"""

RETURN = r"""
lineages:
  description: The lineages found, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the lineage.
      type: str
    generation:
      description: The generation that is live, or was before the link C(live) was lost, or null.
      type: str
    current:
      description: Facts of the live certificate, or null.
      type: dict
    certificate_arn:
      description: ARN of the live certificate, if it was recorded.
      type: str
    terms:
      description: The terms that it was issued under.
      type: dict
    renew_at:
      description:
        - When it is due for renewal, ISO 8601 in UTC, or null. AWS Certificate Manager renews what it keeps.
        - Also null where O(renew_before) is longer than its life.
      type: str
    seconds_left:
      description: Seconds until it expires, or null.
      type: int
    in_service:
      description:
        - Whether the live generation is proved to be in service, and its links lead to it.
        - V(false) where RV(lineages[].failure) says that this user may not read that.
      type: bool
    faults:
      description:
        - Files that differ from what was written, and links that are lost or lead elsewhere, C(live) among them.
        - A link taken out of C(links) counts until M(fleet_pki.aws_private_ca.host_certificate) runs again.
        - Each has C(name), C(reason) and C(message).
      type: list
      elements: dict
    unreadable:
      description: Why the lineage or its live generation cannot be read or trusted, or null. It hides no other lineage.
      type: str
    pending:
      description: Whether a request waits for its certificate.
      type: bool
    candidate:
      description: The generation that waits to be brought into service, or null.
      type: str
    failure:
      description:
        - Why that could not be done, with C(generation), C(step) and C(reason), or null.
        - Only the owner of the lineage can read it, for it has what a command printed. To others the reason says that.
      type: dict
    generations:
      description: All generations on the host, oldest first.
      type: list
      elements: str
    superseded:
      description:
        - Certificates that another one was proved in service instead of, until they are revoked or have expired.
        - Each has C(serial), C(certificate_arn), C(not_after) and C(since), the time of the proof in epoch seconds.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._generations.files import Files
from ansible_collections.fleet_pki.aws_private_ca.plugins.module_utils._host_call import HOST_MODULES, answer

NAME = "host_certificate_info"


def main() -> None:
    called = HOST_MODULES[NAME]
    module = AnsibleModule(argument_spec=called.argument_spec, supports_check_mode=True, **called.constraints)
    result = answer(NAME, module.params, Files(), module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
