"""Keeps a locustfile from hosts that may not be loaded: connections are looked at before they are made."""

from __future__ import annotations

import socket
import sys
import threading
from fnmatch import fnmatchcase
from typing import Any

from gevent import monkey

from perfreg.measure.targets import TargetPolicy


def fence(targets: TargetPolicy) -> None:
    """From now on this process connects only to what ``targets`` allow; anything else raises `MeasureError`.

    A connection knows no name any more, so addresses of names that may be loaded are noted when they are looked up.
    """
    named: set[str] = set()
    own = threading.local()
    resolve = monkey.get_original("socket", "getaddrinfo")

    def note(host: object) -> None:
        name = (host.decode("latin-1") if isinstance(host, bytes) else str(host)).rstrip(".").lower()
        if not any(fnmatchcase(name, pattern.lower()) for pattern in targets.allowed):
            return
        own.is_looking = True
        try:
            named.update(str(entry[4][0]) for entry in resolve(name, None, type=socket.SOCK_STREAM))
        except OSError:
            return  # whoever asked will hear of it
        finally:
            own.is_looking = False

    def look(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo" and not getattr(own, "is_looking", False):
            note(args[0])
        elif event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in named:
            targets.check(args[1][0])

    sys.addaudithook(look)
