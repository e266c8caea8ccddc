from __future__ import annotations

import hashlib
import re
import resource
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from action_library import download as module
from action_library.download import download, file_name
from motion_engine.errors import BadMedia

BODY = bytes(range(256)) * 4000  # about 1 MB
SUM = hashlib.sha256(BODY).hexdigest()
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


class Server:
    """A local server with moods; `asked` holds the Range of every request."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.body, self.date = BODY, DATE
        self.breaks = 0  # so many answers end in the middle
        self.answers: list[int] = []  # statuses instead of the file, one a request
        self.location = ""
        self.ranges = True
        self.careless = False  # gives a range of whatever file it has now
        self.length: int | None = None  # instead of the true one; -1: none
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that goes is no error here
        self.url = f"http://127.0.0.1:{self.http.server_port}/data/walks.zip"

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        asked = to.headers.get("Range")
        self.asked.append(asked)
        if self.answers:
            to.send_response(self.answers.pop(0))
            if self.location:
                to.send_header("Location", self.location)
            to.send_header("Content-Length", "0")
            to.end_headers()
            return
        start, status = 0, 200
        changed = to.headers.get("If-Range") not in (None, self.date)
        if self.ranges and asked and (self.careless or not changed):
            start, status = int(re.findall(r"\d+", asked)[0]), 206
            if start >= len(self.body):
                to.send_error(416)
                return
        rest = self.body[start:]
        to.send_response(status)
        if self.date:
            to.send_header("Last-Modified", self.date)
        if status == 206:
            to.send_header("Content-Range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        if self.length != -1:
            to.send_header("Content-Length", str(self.length or len(rest)))
        to.end_headers()
        if self.breaks:
            self.breaks -= 1
            rest = rest[: len(rest) // 2]
        to.wfile.write(rest)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = download(server.url, tmp_path / "new" / "folder", sha256=SUM.upper(), progress=lambda *at: seen.append(at))
    assert path == tmp_path / "new/folder/walks.zip"
    assert path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert [at for at, _ in seen] == sorted({at for at, _ in seen})
    assert names(path.parent) == ["walks.zip"]
    assert download(server.url, path.parent, sha256=SUM) == path
    assert server.asked == [None]
    path.write_bytes(b"something else")
    assert download(server.url, path.parent, sha256=SUM).read_bytes() == BODY


def test_without_a_sum_it_is_fetched_and_the_length_checked(server: Server, tmp_path: Path) -> None:
    server.length = -1
    seen: list[int | None] = []
    download(server.url, tmp_path, progress=lambda _, total: seen.append(total))
    assert set(seen) == {None}
    server.length = len(BODY) + 5
    with pytest.raises(BadMedia, match=r"walks.zip: .*after 1,024,000 of 1,024,005 bytes, 3 times; try again later"):
        download(server.url, tmp_path / "long")


def test_what_breaks_off_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    server.breaks = 2
    assert download(server.url, tmp_path, sha256=SUM).read_bytes() == BODY
    assert server.asked == [None, "bytes=512000-", "bytes=768000-"]
    assert names(tmp_path) == ["walks.zip"]


@pytest.mark.parametrize("sha256", [SUM, None])
def test_a_later_call_goes_on(server: Server, tmp_path: Path, sha256: str | None) -> None:
    server.breaks = 3
    with pytest.raises(BadMedia, match="what has arrived is kept"):
        download(server.url, tmp_path, sha256=sha256)
    assert names(tmp_path) == ["walks.zip.part"]
    server.asked.clear()
    assert download(server.url, tmp_path, sha256=sha256).read_bytes() == BODY
    assert server.asked == ["bytes=896000-"]


def test_a_server_without_ranges_sends_all_of_it(server: Server, tmp_path: Path) -> None:
    server.breaks, server.ranges = 1, False
    assert download(server.url, tmp_path, sha256=SUM).read_bytes() == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize("date", ["Thu, 22 Oct 2015 07:28:00 GMT", ""])
@pytest.mark.parametrize("careless", [False, True])
def test_halves_of_two_files_are_never_joined(server: Server, tmp_path: Path, date: str, careless: bool) -> None:
    server.breaks = 3
    with pytest.raises(BadMedia):
        download(server.url, tmp_path)
    server.body, server.date = BODY[::-1], date
    server.asked.clear()
    server.careless = careless
    assert download(server.url, tmp_path).read_bytes() == BODY[::-1]
    assert len(server.asked) == (2 if careless else 1)


def test_a_part_of_something_else_is_thrown_away(server: Server, tmp_path: Path) -> None:
    for stale in (b"stale", b"longer than the file" * 100_000):
        (tmp_path / "walks.zip.part").write_bytes(stale)
        assert download(server.url, tmp_path, sha256=SUM).read_bytes() == BODY
        (tmp_path / "walks.zip").unlink()
        (tmp_path / "walks.zip.part").write_bytes(stale)
        assert download(server.url, tmp_path).read_bytes() == BODY
        (tmp_path / "walks.zip").unlink()


def test_a_part_that_was_whole_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "walks.zip.part").write_bytes(BODY)
    assert download(server.url, tmp_path, sha256=SUM).read_bytes() == BODY
    assert server.asked == [f"bytes={len(BODY)}-"]


def test_a_wrong_sum_names_both_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    wrong = "0" * 64
    with pytest.raises(BadMedia, match=f"{SUM}, not {wrong}") as error:
        download(server.url, tmp_path, sha256=wrong)
    assert server.url in str(error.value)
    assert names(tmp_path) == []
    assert server.asked == [None]
    with pytest.raises(BadMedia, match="64 digits"):
        download(server.url, tmp_path, sha256="abc")


def test_answers_that_pass_are_tried_again_others_not(server: Server, tmp_path: Path) -> None:
    server.answers = [503, 429]
    assert download(server.url, tmp_path).read_bytes() == BODY
    server.answers = [503, 503, 503]
    with pytest.raises(BadMedia, match="the server answers 503 Service Unavailable, 3 times; try again later"):
        download(server.url, tmp_path)
    for status, words in ((404, "404 Not Found; check the address"), (403, "403 Forbidden")):
        server.asked.clear()
        server.answers = [status]
        with pytest.raises(BadMedia, match=words):
            download(server.url, tmp_path)
        assert len(server.asked) == 1


def test_redirects_stay_on_the_web(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    for target in (secret.as_uri(), "ftp://127.0.0.1/x", "data:,x"):
        server.answers, server.location = [302], target
        with pytest.raises(BadMedia, match="no address on the web"):
            download(server.url, tmp_path / "into")
        assert names(tmp_path / "into") == []
    server.answers, server.location = [301, 308], "/data/walks.zip"
    assert download(server.url, tmp_path / "into").read_bytes() == BODY
    server.answers = [302] * 40
    with pytest.raises(BadMedia, match="302"):
        download(server.url, tmp_path / "into")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a/b", "walks.zip", "http://", "https://[::1", "", "HTTP:/x"]
)
def test_what_is_no_web_address(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadMedia, match="no address on the web"):
        download(url, tmp_path)


def test_nobody_there_and_nothing_said(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.zip"
        with pytest.raises(BadMedia, match=r"cannot be reached .timed out., 3 times"):
            download(url, tmp_path)
    with pytest.raises(BadMedia, match=r"cannot be reached .*refused"):
        download(url, tmp_path)
    with pytest.raises(BadMedia, match=r"cannot be reached"):
        download("http://127.0.0.1:port/x", tmp_path)


def test_too_large_is_seen_before_and_while(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1 << 19)
    for length in (None, -1):
        server.length = length
        with pytest.raises(BadMedia, match="is larger than"):
            download(server.url, tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 19))
    server.length = None
    with pytest.raises(BadMedia, match="0 MB are free; free some or choose another"):
        download(server.url, tmp_path / "full")


def test_a_full_disk_keeps_what_has_arrived(server: Server, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        with pytest.raises(BadMedia, match=r"walks.zip: cannot be written \(File too large\); free some space"):
            download(server.url, tmp_path, sha256=SUM)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "walks.zip.part").read_bytes() == BODY[:300_000]
    assert download(server.url, tmp_path, sha256=SUM).read_bytes() == BODY
    assert server.asked == [None, "bytes=300000-"]


def test_a_folder_that_is_a_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadMedia, match="choose another folder"):
        download(server.url, tmp_path / "file" / "in")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a/b/walks.zip?token=1#x", "walks.zip"),
        ("http://a/b/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("http://a/b/..", "download"),
        ("http://a", "download"),
        ("http://a/b/", "b"),
        ("http://a/%2e%2ehidden", "hidden"),
        ("http://a/b\\c:d e.zip", "c_d_e.zip"),
        ("http://a/%E8%B5%B0%E8%B7%AF.zip", "走路.zip"),
        ("http://a/" + "x" * 300 + ".tar.gz", "x" * 53 + ".tar.gz"),
        ("http://a/x%00%0a.zip", "x__.zip"),
    ],
)
def test_names(url: str, name: str) -> None:
    assert file_name(url) == name
