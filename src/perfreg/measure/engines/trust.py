"""Whom TLS connections trust."""

from __future__ import annotations

import ssl
from functools import cache

from perfreg.errors import MeasureError


@cache
def context(verify: bool | str) -> ssl.SSLContext:  # noqa: FBT001 - it is what the configuration says
    """The usual authorities, nobody's word being needed, or those in the file at ``verify``.

    Made once: reading the authorities takes up to 0.1 s, much of a short block. Raises `MeasureError`.
    """
    if isinstance(verify, str):
        try:
            return ssl.create_default_context(cafile=verify)
        except OSError as error:
            hint = "give a file of certificates in PEM format"
            raise MeasureError(f"{verify} has no certificates: {error}", where="verify", hint=hint) from error
    import httpx

    return httpx.create_ssl_context(verify=verify, trust_env=False)
