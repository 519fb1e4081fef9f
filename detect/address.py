"""The address that the page or the service listens on."""

import ipaddress
import socket

LOCAL = ("127.0.0.1", "::1", "localhost")  # addresses that only this machine can open


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Parameters
    ----------
    host : str
        An IP address, or ``"localhost"``.
    port : int
        0 takes a free one.

    Raises
    ------
    ValueError
        If nothing can listen there.
    """
    if not 0 <= port <= 65_535:
        raise ValueError(f"expected a port of 0 to 65535, got {port}")
    listener = None
    try:
        if host != "localhost":
            ipaddress.ip_address(host)
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        return listener
    except OSError as error:
        if listener is not None:
            listener.close()
        raise ValueError(
            f"expected a free address and port, got {host} and {port} ({error.strerror})"
        ) from error


def url(host: str, port: int) -> str:
    """Write the address as a browser takes it.

    Examples
    --------
    >>> url("::1", 8501)
    'http://[::1]:8501'
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
