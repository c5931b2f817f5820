"""Who `http://` and `https://` may reach: the public internet, and hosts that the settings name.

What a list of files names must not make this machine read its own network: the address that a
name resolves to is looked at when it is connected to, for every redirect anew.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver


class PrivateAddress(FileNotFoundError):  # noqa: N818 - it says what is wrong already
    """A host that is not of the public internet; to who reads it, nothing is there."""


def refused(host: str, allowed: Collection[str]) -> bool:
    """Whether a host that is written as an address may not be reached; names resolve later."""
    if host in allowed:
        return False
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _refusal(host: str) -> PrivateAddress:
    return PrivateAddress(
        0, f"{host} is not of the public internet; add it to http_hosts to read from it"
    )


class PublicResolver(ThreadedResolver):
    """Resolves names to public addresses alone.

    Args:
        allowed: Hosts that may have any address.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        super().__init__()
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            PrivateAddress: One of them is not public.
        """
        found = await super().resolve(host, port, family)
        if host not in self._allowed and any(refused(one["host"], ()) for one in found):
            raise _refusal(host)
        return found


class PublicConnector(aiohttp.TCPConnector):
    """Connects to public addresses alone.

    Args:
        allowed: Hosts that may have any address.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        super().__init__(resolver=PublicResolver(allowed))
        self._public_but = allowed

    async def connect(self, req: Any, *more: Any, **named: Any) -> Any:
        """Connect, unless the URL itself holds an address that is not public."""
        host = req.url.host or ""
        if refused(host, self._public_but):
            raise _refusal(host)
        return await super().connect(req, *more, **named)


def use_http(allowed: Collection[str]) -> None:
    """Let fsspec reach http and https through such connectors, in this process."""
    import fsspec.config

    async def get_client(**options: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=PublicConnector(tuple(allowed)), **options)

    for scheme in ("http", "https"):
        fsspec.config.conf[scheme] = {"get_client": get_client}
