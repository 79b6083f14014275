"""What a worker does on an interpreter too old for it: says hello, so that the server can say why. Compiles on every Python 3."""

import json
import os
import socket
import struct
import sys


def main() -> None:
    """Say hello and leave."""
    hello = {
        "protocol": 2,
        "pid": os.getpid(),
        "runtime": {"name": "python", "version": "%d.%d.%d" % sys.version_info[:3]},
        "executable": sys.executable,
        "missing": [],
    }
    meta = json.dumps(hello).encode()
    connection = socket.fromfd(int(os.environ["LGX_WORKER_FD"]), socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sendall(struct.pack("<IBBHQI", 4 + len(meta), 1, 0, 0, 0, len(meta)) + meta)
