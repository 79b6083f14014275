"""The worker's end of a connection in a few lines, for scripts that try out one thing."""

import json
import os
import socket
import struct
import sys

connection = socket.socket(fileno=int(os.environ.pop("LGX_WORKER_FD")))


def send(kind, id_, meta):
    meta = json.dumps(meta).encode()
    connection.sendall(struct.pack("<IBBHQI", 4 + len(meta), kind, 0, 0, id_, len(meta)) + meta)


def receive():
    def exactly(count):
        data = b""
        while len(data) < count:
            more = connection.recv(count - len(data))
            if not more:
                os._exit(0)
            data += more
        return data

    length, _kind, _flags, _sections, id_ = struct.unpack("<IBBHQ", exactly(16))
    return id_, json.loads(exactly(length)[4:])


def hello():
    runtime = {"name": "python", "version": "3.12.0"}
    send(1, 0, {"protocol": 2, "pid": os.getpid(), "runtime": runtime, "executable": sys.executable, "missing": []})


def reply(id_, meta):
    send(3, id_, meta)
