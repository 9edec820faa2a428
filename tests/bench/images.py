"""The functions' images, as a JSON array of {name, value, unit, limit}: from exec to the first /next in
the image's own root filesystem (median of 21 starts), and what an image weighs unpacked.

Says nothing where images are not built or the bench is not root's. Nothing is mounted: a start needs none of it.
"""

import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import images  # noqa: E402

STARTS = 21
NOBODY = 65534


def become(root, address, clock):
    """The bootstrap, in a child: from here on it is the image's own."""
    os.chroot(root)
    os.chdir("/var/task")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    environment = dict(images.ENVIRONMENT, AWS_LAMBDA_RUNTIME_API=address)
    os.write(clock, struct.pack("d", time.monotonic()))
    os.execve("/var/task/bootstrap", ["/var/task/bootstrap"], environment)


def start(root):
    """Milliseconds from exec to the whole first request of the process."""
    reader, writer = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        process = os.fork()
        if not process:
            try:
                become(root, address, writer)
            finally:
                os._exit(127)
        peer, _ = listener.accept()
        request = peer.recv(4096)
        ended = time.monotonic()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        peer.close()
        began = struct.unpack("d", os.read(reader, 8))[0]
        os.close(reader)
        os.close(writer)
        assert request.startswith(b"GET /2018-06-01/runtime/invocation/next "), request
        return (ended - began) * 1000


def rows_of(name, image, folder):
    root = image.unpack(folder / name)
    taken = statistics.median(start(root) for _ in range(STARTS))
    weight = sum(member.size for member in image.members()) / 1e6
    return [{"name": f"{name}: exec to first /next in its image", "value": round(taken, 2), "unit": "ms",
             "limit": 15},
            {"name": f"{name}: its image, unpacked", "value": round(weight, 1), "unit": "MB", "limit": 30}]


def main():
    rows = []
    built = sorted(images.LAYOUTS.glob("*/digests"))
    if os.geteuid() == 0 and built:
        with tempfile.TemporaryDirectory(prefix="intake-bench-") as folder:
            for line in built[0].read_text().splitlines():
                name, digest, _ = line.split()
                rows += rows_of(name, images.Image(built[0].parent / name, digest), pathlib.Path(folder))
    json.dump(rows, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
