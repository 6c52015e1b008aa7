# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's names of key algorithms, with sizes and ``cryptography``'s classes; and the formats of a key file."""

from __future__ import annotations

RSA_SIZES = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}
CURVES = {"EC_prime256v1": "SECP256R1", "EC_secp384r1": "SECP384R1", "EC_secp521r1": "SECP521R1"}
ML_DSA_CLASSES = {"ML_DSA_44": "MLDSA44", "ML_DSA_65": "MLDSA65", "ML_DSA_87": "MLDSA87"}
KEY_ALGORITHMS = (*RSA_SIZES, *CURVES, *ML_DSA_CLASSES)
KEY_FORMATS = ("pkcs8", "traditional")
