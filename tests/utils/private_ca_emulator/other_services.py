# Copyright (c) 2026 The fleet_pki.aws_private_ca authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every service but acm-pca: moto's server application, called in process."""

from __future__ import annotations

import io
import threading
import urllib.parse
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from private_ca_emulator.errors import ServiceError
from private_ca_emulator.protocol import HttpRequest, HttpResponse, encode_error, parse_object

_DROPPED = ("content-length", "connection", "date", "server")


class OtherServices:
    """Moto behind the emulator's endpoint. Its state belongs to the process, not to one emulator.

    Moto takes one request at a time, for between a condition and the write that depends on it it lets others in.
    """

    _turn = threading.Lock()

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)

    def respond(self, request: HttpRequest, account: str | None = None) -> HttpResponse:
        """Answer one request, in `account` where the access key is tied to one."""
        if "x-amz-target" in request.headers:
            try:
                parse_object(request.body)  # moto fails on another body, where AWS has an error of its own
            except ServiceError as error:
                return encode_error(error)
        environ = build_environ(request)
        if account is not None:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        with self._turn:
            chunks, status, headers = run_wsgi_app(self._application, environ, buffered=True)
        kept = [(name, value) for name, value in headers.items() if name.lower() not in _DROPPED]
        return HttpResponse(int(status.split()[0]), b"".join(chunks), kept)


def build_environ(request: HttpRequest) -> dict[str, Any]:
    """The WSGI environment of a request (PEP 3333); the raw target too, as S3 keys may be percent-encoded."""
    name, _colon, port = request.headers.get("host", "localhost").partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "REQUEST_URI": request.target,
        "RAW_URI": request.target,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for header, value in request.headers.items():
        if header == "content-type":
            environ["CONTENT_TYPE"] = value
        elif header != "content-length":
            environ["HTTP_" + header.upper().replace("-", "_")] = value
    return environ
