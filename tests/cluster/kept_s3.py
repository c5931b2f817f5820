"""An S3 server that survives being killed: what it was told is on disk before it answers.

``python kept_s3.py PORT FILE`` first says everything again that the file holds, where nobody can
reach it, and then listens.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

CHANGES = {"PUT", "POST", "DELETE"}


def keep_changes(file: Path) -> None:
    """Leave of a recording what changes something; a line that was being written is no line."""
    kept = []
    for line in file.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry["method"] in CHANGES:
            kept.append(line)
    file.write_text("".join(f"{line}\n" for line in kept))


def main(port: int, file: Path) -> None:
    os.environ |= {"MOTO_ENABLE_RECORDING": "1", "MOTO_RECORDER_FILEPATH": str(file)}
    from moto.moto_api import recorder
    from moto.server import ThreadedMotoServer

    if file.exists():
        keep_changes(file)
        hidden = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        hidden.start()
        host, at = hidden.get_host_and_port()
        recorder.replay_recording(target_host=f"http://{host}:{at}")
        hidden.stop()
    ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
