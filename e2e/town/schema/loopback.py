"""Finds every name on this machine: not every resolver knows `*.localhost` (RFC 6761, 6.3)."""

import socket

_ask = socket.getaddrinfo


def _here(host, *rest, **named):
    return _ask("127.0.0.1" if str(host).endswith("localhost") else host, *rest, **named)


socket.getaddrinfo = _here
