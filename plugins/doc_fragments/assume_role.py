# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that let a task act as an IAM role (``_assumed_role.ASSUME_ROLE_OPTIONS``)."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  assume_role_arn:
    description:
      - ARN of the IAM role that the calls are made as. The other credentials are used to assume it.
      - AWS STS gives the credentials. O(endpoint_url) is not used for it; where its endpoint is not AWS's own, set the
        environment variable E(AWS_ENDPOINT_URL_STS).
    type: str
    aliases: [iam_role_arn]
  assume_role_external_id:
    description: External id that the role's trust policy asks for.
    type: str
  assume_role_session_name:
    description:
      - Name of the role's session, which AWS CloudTrail shows.
      - When it is not given, it carries the id of the job in AWX (environment variable E(JOB_ID)), or else the name of
        the user.
    type: str
notes:
  - "Minimal IAM policy (to act as a role) - on the role: C(sts:AssumeRole)."
"""
