#!/usr/bin/python
# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: acm_pca_audit_report
short_description: List what a certificate authority has issued and revoked
version_added: 0.1.0
description:
  - Returns the rows of an audit report of a certificate authority (CA) of AWS Private CA. Nothing else of the
    service lists
    certificates.
  - A report in the bucket that is young enough will do. Otherwise one is requested, awaited and fetched from S3.
  - The service makes one report of a CA in 30 minutes. Until then the last one is returned, awaited if need be,
    whatever its format and O(max_age).
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
attributes:
  check_mode:
    description: Whether the task can say what it would do without doing it.
    support: full
    details: Without a recent report, check mode returns no rows.
options:
  s3_bucket_name:
    description: The bucket that the service writes reports to. Its policy must let C(acm-pca.amazonaws.com) write.
    type: str
    required: true
  format:
    description: Format of the report in the bucket. The returned rows are the same.
    type: str
    choices: [JSON, CSV]
    default: JSON
  max_age:
    description: How many seconds old a report may be that is taken in place of a new one.
    type: int
    default: 1800
  expiring_within:
    description: Return only certificates that expire within this time, as V(30d) or V(12h), and are not revoked.
    type: str
  subject:
    description: Return only certificates whose subject matches this regular expression
      (C(CN=www.example.com,O=Example)).
    type: str
  template:
    description: Return only certificates of this template, a name or an ARN.
    type: str
  revoked:
    description: Return only certificates that are revoked, or only those that are not.
    type: bool
  wait_timeout:
    description: How many seconds to wait for the report.
    type: int
    default: 300
notes:
  - "Minimal IAM policy (to request and read) - on the CA: C(acm-pca:CreateCertificateAuthorityAuditReport),
    C(acm-pca:DescribeCertificateAuthorityAuditReport); on C(audit-report/*) of the bucket: C(s3:GetObject)."
  - "Minimal IAM policy (to take a recent report, besides) - on the bucket: C(s3:ListBucket)."
  - Without C(s3:ListBucket), a recent report is not found and every run requests one. A run within 30 minutes of the
    last report then fails.
  - Only the account that owns the CA can have audit reports.
"""

EXAMPLES = r"""
- name: List what expires within a month
  fleet_pki.aws_private_ca.acm_pca_audit_report:
    certificate_authority_arn: "{{ ca_arn }}"
    s3_bucket_name: example-audit
    expiring_within: 30d
  register: audit
"""

RETURN = r"""
audit_report:
  description: The report; V(null) in check mode when there is no recent one.
  returned: success
  type: dict
  contains:
    audit_report_id: {description: Its id., type: str, returned: always}
    certificate_authority_arn: {description: ARN of the CA., type: str, returned: always}
    s3_bucket_name: {description: The bucket., type: str, returned: always}
    s3_key: {description: The object's key in it., type: str, returned: always}
    format: {description: C(JSON) or C(CSV)., type: str, returned: always}
certificates:
  description: The rows of the report that pass the filters.
  returned: when there is a report
  type: list
  elements: dict
  contains:
    aws_account_id: {description: Account that issued., type: str, returned: always}
    requested_by_service_principal: {description: Service that issued., type: str, returned: always}
    certificate_arn: {description: ARN., type: str, returned: always}
    serial: {description: 'Serial in lower-case hexadecimal, without separators.', type: str, returned: always}
    subject: {description: 'Subject, most specific part first.', type: str, returned: always}
    not_before: {description: Start of validity (ISO 8601)., type: str, returned: always}
    not_after: {description: End of validity (ISO 8601)., type: str, returned: always}
    issued_at: {description: When it was issued (ISO 8601)., type: str, returned: always}
    revoked_at: {description: When it was revoked (ISO 8601)., type: str, returned: always}
    revocation_reason: {description: Why., type: str, returned: always}
    template_arn: {description: Template., type: str, returned: always}
steps:
  description: What was done, or in check mode would be done, in order.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..module_utils._acm_pca.audit_reports import ARGUMENTS, AuditReports, wanted_audit
from ..module_utils._acm_pca.governance_api import GovernanceApi
from ..module_utils._acm_pca.polling import Polling
from ..module_utils._acm_pca.report_bucket import ReportBucket
from ..module_utils._assumed_role import ASSUME_ROLE_OPTIONS
from ..module_utils._clock import SystemClock
from ..module_utils._errors import PrivateCaError
from ..module_utils._service_clients import connect_service


def main() -> None:
    module = AnsibleAWSModule(argument_spec={**ASSUME_ROLE_OPTIONS, **ARGUMENTS}, supports_check_mode=True)
    params, clock = module.params, SystemClock()
    arn = params["certificate_authority_arn"]
    try:
        api = GovernanceApi(connect_service(params, authority_arn=arn))
        bucket = ReportBucket(connect_service(params, "s3", arn), clock)
        reports = AuditReports(api, bucket, Polling(clock, timeout=params["wait_timeout"]))
        outcome = reports.present(wanted_audit(params), module.check_mode)
    except PrivateCaError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**outcome.result("audit_report"))


if __name__ == "__main__":
    main()
