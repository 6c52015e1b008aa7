# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``acm_pca_certificate_authority``, and what they ask for."""

from __future__ import annotations

from typing import Any, Mapping

from .._errors import InvalidInput
from .._reissue_policy import parse_renew_before
from .authority_facts import (
    KEY_USAGE_MEMBERS,
    SUBJECT_MEMBERS,
    csr_extension_facts,
    csr_extensions_to_api,
    subject_facts,
    subject_to_api,
)
from .authority_plan import SIGNING_ALGORITHMS, Activation, DesiredAuthority
from .models import Validity

ISSUING_ALGORITHMS = [
    "SHA256WITHECDSA",
    "SHA384WITHECDSA",
    "SHA512WITHECDSA",
    "SHA256WITHRSA",
    "SHA384WITHRSA",
    "SHA512WITHRSA",
    "SHA256WITHRSA_PSS",
    "SHA384WITHRSA_PSS",
    "SHA512WITHRSA_PSS",
    "SM3WITHSM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
]
VALIDITY = {
    "type": {"type": "str", "required": True, "choices": ["END_DATE", "ABSOLUTE", "DAYS", "MONTHS", "YEARS"]},
    "value": {"type": "int", "required": True},
}
SUBJECT: dict[str, Any] = {
    **{name: {"type": "str"} for name in SUBJECT_MEMBERS},
    "custom_attributes": {
        "type": "list",
        "elements": "dict",
        "options": {
            "object_identifier": {"type": "str", "required": True},
            "value": {"type": "str", "required": True},
        },
    },
}
CSR_EXTENSIONS: dict[str, Any] = {
    "key_usage": {"type": "list", "elements": "str", "choices": list(KEY_USAGE_MEMBERS)},
    "subject_information_access": {
        "type": "list",
        "elements": "dict",
        "options": {
            "access_method": {
                "type": "str",
                "required": True,
                "choices": ["CA_REPOSITORY", "RESOURCE_PKI_MANIFEST", "RESOURCE_PKI_NOTIFY"],
            },
            "uri": {"type": "str", "required": True},
        },
    },
}
CRL: dict[str, Any] = {
    "enabled": {"type": "bool", "default": True},
    "s3_bucket_name": {"type": "str"},
    "expiration_in_days": {"type": "int"},
    "s3_object_acl": {"type": "str", "choices": ["PUBLIC_READ", "BUCKET_OWNER_FULL_CONTROL"]},
    "crl_type": {"type": "str", "choices": ["COMPLETE", "PARTITIONED"]},
    "custom_cname": {"type": "str"},
    "custom_path": {"type": "str"},
    "omit_distribution_point": {"type": "bool"},
}
OCSP: dict[str, Any] = {"enabled": {"type": "bool", "default": True}, "custom_cname": {"type": "str"}}
ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "certificate_authority_arn": {"type": "str", "aliases": ["arn"]},
    "name": {"type": "str"},
    "type": {"type": "str", "choices": ["ROOT", "SUBORDINATE"]},
    "key_algorithm": {"type": "str", "choices": list(SIGNING_ALGORITHMS)},
    "signing_algorithm": {"type": "str", "choices": ISSUING_ALGORITHMS},
    "subject": {"type": "dict", "options": SUBJECT},
    "csr_extensions": {"type": "dict", "options": CSR_EXTENSIONS},
    "usage_mode": {"type": "str", "choices": ["GENERAL_PURPOSE", "SHORT_LIVED_CERTIFICATE"]},
    "key_storage_security_standard": {
        "type": "str",
        "choices": ["FIPS_140_2_LEVEL_2_OR_HIGHER", "FIPS_140_2_LEVEL_3_OR_HIGHER", "CCPC_LEVEL_1_OR_HIGHER"],
    },
    "crl": {"type": "dict", "options": CRL},
    "ocsp": {"type": "dict", "options": OCSP},
    "enabled": {"type": "bool"},
    "activate": {"type": "bool", "default": True},
    "parent_certificate_authority_arn": {"type": "str"},
    "path_length": {"type": "int", "choices": [0, 1, 2, 3]},
    "validity": {"type": "dict", "options": VALIDITY},
    "certificate_signing_algorithm": {"type": "str", "choices": ISSUING_ALGORITHMS},
    "certificate": {"type": "str"},
    "certificate_chain": {"type": "str"},
    "renew_before": {"type": "str"},
    "restore": {"type": "bool", "default": False},
    "permanent_deletion_time_in_days": {"type": "int", "default": 30},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}


def desired_authority(params: Mapping[str, Any]) -> DesiredAuthority:
    """Return what the module's options ask for, in the spelling of the facts.

    Raises InvalidInput for what the service would refuse only after the steps before it.
    """
    _check_numbers(params)
    subject, extensions, tags = params["subject"], params["csr_extensions"], params["tags"]
    return DesiredAuthority(
        arn=params["certificate_authority_arn"],
        name=params["name"],
        type=params["type"],
        key_algorithm=params["key_algorithm"],
        signing_algorithm=params["signing_algorithm"],
        subject=None if subject is None else subject_facts(subject_to_api(subject)),
        csr_extensions=None if extensions is None else csr_extension_facts(csr_extensions_to_api(extensions)),
        usage_mode=params["usage_mode"],
        key_storage_security_standard=params["key_storage_security_standard"],
        crl=params["crl"],
        ocsp=params["ocsp"],
        tags=None if tags is None else {str(key): str(value) for key, value in tags.items()},
        purge_tags=params["purge_tags"],
        enabled=params["enabled"],
        restore=params["restore"],
        activation=_activation(params),
    )


def _check_numbers(params: Mapping[str, Any]) -> None:
    given = {
        "permanent_deletion_time_in_days": (params["permanent_deletion_time_in_days"], 7, 30),
        "crl.expiration_in_days": ((params["crl"] or {}).get("expiration_in_days"), 1, 5000),
        "validity.value": ((params["validity"] or {}).get("value"), 1, None),
    }
    for option, (value, least, most) in given.items():
        if value is not None and (value < least or (most is not None and value > most)):
            allowed = f"at least {least}" if most is None else f"{least} to {most}"
            raise InvalidInput(f"Failed to understand {option}", f"AWS allows {allowed}", str(value), "Mend the number")
    if params["renew_before"] is not None:
        parse_renew_before(params["renew_before"])


def _activation(params: Mapping[str, Any]) -> Activation:
    validity = params["validity"]
    return Activation(
        wanted=params["activate"],
        parent_arn=params["parent_certificate_authority_arn"],
        path_length=params["path_length"],
        validity=None if validity is None else Validity(validity["type"], validity["value"]),
        signing_algorithm=params["certificate_signing_algorithm"],
        certificate=params["certificate"],
        certificate_chain=params["certificate_chain"],
        renew_before=params["renew_before"],
    )
