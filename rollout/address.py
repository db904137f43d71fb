"""Addresses that arguments name."""

from urllib.parse import urlsplit

from rollout.errors import CannotRollOut


def checked(flag: str, url: str) -> str:
    """Return an address without its last slash.

    Raises:
        CannotRollOut: It is none that can be asked over HTTP; names the flag.
    """
    if not url.startswith(("http://", "https://")):
        raise CannotRollOut(f"{flag} {url!r}: it must begin with http:// or https://")
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        whole = False
    if not whole:
        raise CannotRollOut(f"{flag} {url!r}: it must name a host, as in {flag} http://10.0.0.1:9090")
    return url.rstrip("/")
