"""A file from the web into a folder: whole and with the right checksum, or not at all; broken off, it goes on later."""

from __future__ import annotations

import calendar
import hashlib
import http.client
import os
import re
import shutil
import string
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.utils import formatdate, parsedate
from pathlib import Path
from typing import Any, cast

from motion_engine.errors import BadMedia

LARGEST = 64 << 30  # bytes
TRIES = 3
PAUSE = 1.0  # s before the second try, twice that before the third
PATIENCE = 30.0  # s without a byte
CHUNK = 1 << 18
PASSING = (408, 425, 429, 500, 502, 503, 504)  # answers that another try may change

Progress = Callable[[int, int | None], None]


class _Passing(Exception):
    """What went wrong this time, and may not the next."""


class _WebOnly(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Follows a redirect, but not to files and ftp."""
        target = urllib.parse.urljoin(req.full_url, headers.get("location", ""))
        _check_web(target, f"{req.full_url} leads to {target}")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def download(url: str, folder: Path, *, sha256: str | None = None, progress: Progress | None = None) -> Path:
    """The file at `url`, in `folder` under its own name; one that is there with the right sum is not fetched again.

    Broken off, it stays as `NAME.part`, from where the next try, or call, goes on if the server can.

    Args:
        url: http or https.
        folder: Made if it is missing.
        sha256: Of the whole file, 64 hexadecimal digits. Without one only the length is checked, and a part is gone
            on with only if the server dates the file as it did.
        progress: Called with the bytes so far and the bytes in all, None if the server does not say.

    Raises:
        BadMedia: The address, the server, the network, the disk or the sum is wrong; the message says which.
    """
    _check_web(url, url)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise BadMedia(f"{url}: {sha256!r} is no SHA-256 sum; copy all 64 digits of it.")
    path = folder / file_name(url)
    part = path.with_name(f"{path.name}.part")
    wrong = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if sha256 and path.is_file() and _sum(path) == sha256.lower():
            return path
        for attempt in range(TRIES):
            time.sleep(PAUSE * 2 ** (attempt - 1) if attempt else 0)
            try:
                resumed = _fetch(url, part, progress, dated=sha256 is None)
            except _Passing as error:
                wrong = f"{error}, {TRIES} times; try again later, what has arrived is kept"
                continue
            if sha256 is None or (found := _sum(part)) == sha256.lower():
                os.replace(part, path)
                return path
            part.unlink()
            wrong = f"its SHA-256 sum is {found}, not {sha256.lower()}: it was removed; check address and sum"
            if not resumed:  # else the part may have been of another file
                break
    except OSError as error:
        raise BadMedia(
            f"{path}: cannot be written ({error.strerror or error}); free some space or choose another folder. "
            "What has arrived is kept."
        ) from error
    raise BadMedia(f"{url}: {wrong}.")


def _fetch(url: str, part: Path, progress: Progress | None, *, dated: bool) -> bool:
    """Brings `part` to its full length; whether it went on from an earlier part. _Passing if another try may help."""
    start = part.stat().st_size if part.is_file() else 0
    date = formatdate(part.stat().st_mtime, usegmt=True) if start else ""
    headers = {"User-Agent": "motion-engine"} | ({"Range": f"bytes={start}-"} if start else {})
    answer = _open(url, headers | ({"If-Range": date} if start and dated else {}))
    if answer is None:  # there is nothing after the part
        if dated:
            part.unlink()
            raise _Passing("the server has no more than the part that is here")
        return True
    with answer:
        begin = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
        same = begin and int(begin[1]) == start and not (dated and answer.headers.get("Last-Modified") != date)
        if answer.status == 206 and not same:
            part.unlink()
            raise _Passing("the server sends another range than asked for")
        start = start if answer.status == 206 else 0
        rest = answer.headers.get("Content-Length", "")
        total = start + int(rest) if rest.isdecimal() else None
        done = _receive(url, answer, part, start, total, progress)
    if total is not None and done < total:
        raise _Passing(f"broke off after {done:,} of {total:,} bytes")
    return start > 0


def _open(url: str, headers: dict[str, str]) -> http.client.HTTPResponse | None:
    """The server's answer; None if the range begins after the file's end. _Passing if another try may help."""
    # Spaces and letters that no address may hold are encoded; what is encoded already stays.
    request = urllib.request.Request(urllib.parse.quote(url, safe=string.punctuation), headers=headers)
    try:
        return cast(http.client.HTTPResponse, urllib.request.build_opener(_WebOnly).open(request, timeout=PATIENCE))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and "Range" in headers:
            return None
        if error.code in PASSING:
            raise _Passing(f"the server answers {error.code} {error.reason}") from None
        raise BadMedia(f"{url}: the server answers {error.code} {error.reason}; check the address.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _Passing(f"cannot be reached ({getattr(error, 'reason', None) or error})") from None


def _receive(
    url: str, answer: http.client.HTTPResponse, part: Path, start: int, total: int | None, progress: Progress | None
) -> int:
    """Writes the answer after the first `start` bytes of `part`, dated as the server's file; how many it has then."""
    _check_size(url, total or 0, (total or 0) - start, part.parent)
    done = start
    try:
        with part.open("ab" if start else "wb", buffering=0) as out:
            while data := _read(answer):
                done += len(data)
                _check_size(url, done, 0, part.parent)
                view = memoryview(data)
                while view:
                    view = view[out.write(view) :]
                if progress:
                    progress(done, total)
    finally:
        if date := parsedate(answer.headers.get("Last-Modified", "")):
            os.utime(part, (calendar.timegm(date),) * 2)
    return done


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Passing(f"broke off ({error or type(error).__name__})") from None


def _check_web(url: str, what: str) -> None:
    """BadMedia if `url` is none of the web."""
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise BadMedia(f"{what}: is no address on the web; it begins with https:// or http://.")


def _check_size(url: str, total: int, rest: int, folder: Path) -> None:
    if total > LARGEST:
        raise BadMedia(f"{url}: is larger than {LARGEST >> 30} GB; fetch its parts one by one.")
    if rest > (free := shutil.disk_usage(folder).free):
        raise BadMedia(f"{folder}: {rest >> 20} MB are needed, {free >> 20} MB are free; free some or choose another.")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_name(url: str) -> str:
    """The last part of an address as a safe name: letters, digits, ".", "-" and "_", at most 60 of them."""
    last = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^\w.-]", "_", last).strip("._")[-60:].lstrip(".") or "download"
