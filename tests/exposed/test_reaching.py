"""What a source names cannot make this machine read what the settings do not allow."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tg_assets.image_pool.listed import Refused
from tg_assets.image_pool.listing import entries
from tg_assets.image_pool.public_hosts import use_http
from tg_assets.image_pool.reading import ImageUnreadable, read_bytes
from tg_assets.image_pool.remembered import Remembered
from tg_assets.settings import FileListSource, FolderSource


class Site(http.server.BaseHTTPRequestHandler):
    """A host of a private network; /elsewhere leads to the same one by another name."""

    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("location", f"http://127.0.0.2:{self.server.server_port}/a.png")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"bytes")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def listed(folder: Path, *uris: str, hosts: tuple[str, ...] = ()) -> dict[str, str]:
    """Return what becomes of the entries of a list: "" or why they are refused."""
    file = folder / "list.csv"
    file.write_text("\n".join(["uri", *uris]))
    source = FileListSource(kind="file_list", name="l", path=str(file), license="CC0-1.0")
    found = entries(source, Remembered(None), ("file", "http"), http_hosts=hosts)
    return {one.uri: one.reason if isinstance(one, Refused) else "" for one in found}


def test_a_list_cannot_name_private_addresses_unless_they_are_allowed(tmp_path: Path) -> None:
    inside = ["http://127.0.0.1/a", "http://10.0.0.8/a", "http://[::1]/a", "http://169.254.1.1/a"]
    outside = "http://93.184.215.14/a"
    assert listed(tmp_path, *inside, outside) == {
        **dict.fromkeys(inside, "private_address"),
        outside: "",
    }
    assert listed(tmp_path, inside[0], hosts=("127.0.0.1",)) == {inside[0]: ""}


def test_a_name_or_a_redirect_that_leads_to_a_private_address_is_not_followed(site: int) -> None:
    use_http(["127.0.0.1"])
    assert read_bytes(f"http://127.0.0.1:{site}/a.png") == b"bytes"
    for uri in (f"http://localhost:{site}/a.png", f"http://127.0.0.1:{site}/elsewhere"):
        with pytest.raises(ImageUnreadable, match="is not of the public internet"):
            read_bytes(uri)


def test_links_lead_out_of_no_allowed_folder(tmp_path: Path) -> None:
    outside, allowed = tmp_path / "outside", tmp_path / "allowed"
    outside.mkdir()
    allowed.mkdir()
    (outside / "secret.png").write_bytes(b"s")
    (allowed / "own.png").write_bytes(b"o")
    (allowed / "link.png").symlink_to(outside / "secret.png")
    (allowed / "folder").symlink_to(outside)
    source = FolderSource(kind="folder", name="f", path=f"{allowed}/../allowed", license="CC0-1.0")
    found = entries(source, Remembered(None), ("file",), within=[str(allowed)])
    outcome = {Path(one.uri).name: one.reason if isinstance(one, Refused) else "" for one in found}
    assert outcome == {"own.png": "", "link.png": "climbs_out", "secret.png": "climbs_out"}
    everywhere = entries(source, Remembered(None), ("file",))
    assert not any(isinstance(one, Refused) for one in everywhere)
