from __future__ import annotations

import io
import os
import pickle
import random
import resource
import stat
import struct
import tarfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from action_library import archive_stream, archives
from action_library.archives import Refused, safe_name
from action_library.sources import Source, find_sources, fits
from motion_engine.errors import BadClip

SUFFIXES = (".bvh", ".npz", ".json", ".yaml")
MOTION = b"HIERARCHY\n" * 10


class Found:
    """All that was found: contents by label, names, refusals, what was passed over."""

    def __init__(self, paths: Sequence[str | Path], scratch: Path) -> None:
        self.content: dict[str, bytes] = {}
        self.names: list[str] = []
        self.refused: dict[str, str] = {}
        self.passed: Counter[str] = Counter()
        self.maps: dict[str, bytes] = {}
        scratch.mkdir(exist_ok=True)
        last = 0.0
        for item in find_sources(paths, SUFFIXES, scratch, self.passed):
            if isinstance(item, Refused):
                self.refused[item.label] = item.reason
                continue
            source = pickle.loads(pickle.dumps(item))
            assert source == item
            self.content[source.label] = source.path.read_bytes()
            assert source.size == len(self.content[source.label])
            assert last <= source.done <= 1.0
            last = source.done
            self.names.append(str(source.relative))
            if (beside := source.path.with_suffix(".map.yaml")).exists():
                self.maps[source.label] = beside.read_bytes()
            assert len(list(scratch.iterdir())) <= 2  # it and the next
            source.release()
        assert list(scratch.iterdir()) == []


def find(tmp_path: Path, *paths: str | Path) -> Found:
    return Found(paths, tmp_path / "scratch")


def pack_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def pack_tar(path: Path, files: dict[str, bytes], mode: str = "w", extra: Sequence[tarfile.TarInfo] = ()) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info in extra:
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def walks(tmp_path: Path) -> Path:
    folder = tmp_path / "walks"
    for name in ("b.bvh", "a.BVH", "sub/deep/c.npz", "sub/readme.md", ".hidden.bvh", ".git/x.bvh", "__MACOSX/y.bvh"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "b.map.yaml").write_text("up: +z")
    (folder / "actions.json").write_text("{}")
    return folder


def test_a_folder_gives_its_motions_sorted(walks: Path, tmp_path: Path) -> None:
    found = find(tmp_path, walks)
    assert found.names == ["a.BVH", "b.bvh", "sub/deep/c.npz"]
    assert list(found.content) == [f"{walks}/{name}" for name in found.names]
    assert found.maps == {f"{walks}/b.bvh": b"up: +z"}
    assert found.passed == {".md": 1, ".yaml": 1, ".json": 1}
    assert found.refused == {}
    assert (walks / "b.bvh").exists()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.bvh", ["b.bvh"]),
        ("**/*.npz", ["sub/deep/c.npz"]),
        ("**", ["a.BVH", "b.bvh", "sub/deep/c.npz"]),
        ("s*", ["sub/deep/c.npz"]),
        ("*/deep/[a-c].npz", ["sub/deep/c.npz"]),
        ("?.b*", ["b.bvh"]),
    ],
)
def test_patterns(walks: Path, tmp_path: Path, pattern: str, names: list[str]) -> None:
    assert find(tmp_path, f"{walks}/{pattern}").names == names


def test_what_is_there_is_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].bvh").write_bytes(MOTION)
    assert find(tmp_path, tmp_path / "a[1].bvh").names == ["a[1].bvh"]


def test_fits_deep_paths() -> None:
    assert fits(("a",) * 5000 + ("x.bvh",), ("**", "*.bvh"), whole=True)
    assert not fits(("a",) * 5000, ("**", "*.bvh"), whole=True)
    assert fits(("a",), ("**", "*.bvh"), whole=False)
    assert not fits(("b",), ("a", "*.bvh"), whole=False)


@pytest.mark.parametrize("path", ["missing.bvh", "missing/*.bvh", "walks/*.fbx", "x" * 5000, "a\0b", ""])
def test_a_missing_path_is_told_before_anything_is_read(walks: Path, tmp_path: Path, path: str) -> None:
    wrong = f"{tmp_path}/{path}" if path else f"{tmp_path}/none"
    with pytest.raises(BadClip, match=r"check|cannot be read") as error:
        find_sources([walks, wrong], SUFFIXES, tmp_path)
    assert str(tmp_path) in str(error.value)


def test_a_named_file_must_be_usable(walks: Path, tmp_path: Path) -> None:
    (walks / "x.rar").touch()
    os.mkfifo(walks / "pipe.bvh")
    found = find(tmp_path, walks / "sub/readme.md", walks / "b.map.yaml", walks / "b.bvh", walks / "x.rar", walks)
    assert "is of no kind that holds motions; known are .bvh, .json" in found.refused[f"{walks}/sub/readme.md"]
    assert "name the motion" in found.refused[f"{walks}/b.map.yaml"]
    assert "unpack it" in found.refused[f"{walks}/x.rar"]
    assert "a pipe" in found.refused[f"{walks}/pipe.bvh"]
    assert found.names[0] == "b.bvh"
    assert len(found.names) == 4


def test_links_stay_in_the_folder_and_loops_end(walks: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.bvh"
    outside.write_bytes(MOTION)
    (walks / "out.bvh").symlink_to(outside)
    (walks / "up").symlink_to(tmp_path)
    (walks / "sub/loop").symlink_to(walks)
    (walks / "self.bvh").symlink_to(walks / "self.bvh")
    (walks / "within.bvh").symlink_to(walks / "b.bvh")
    found = find(tmp_path, walks)
    assert found.names == ["a.BVH", "b.bvh", "within.bvh", "sub/deep/c.npz"]
    assert set(found.refused) == {f"{walks}/{name}" for name in ("out.bvh", "up", "self.bvh")}
    assert "leads out of the folder: name what it leads to" in found.refused[f"{walks}/up"]
    assert find(tmp_path, walks / "out.bvh").names == ["out.bvh"]  # named itself
    assert find(tmp_path, f"{walks}/**/*.npz").names == ["sub/deep/c.npz"]


FILES = {
    "cmu/01.bvh": MOTION,
    "cmu/01.map.yaml": b"up: +z",
    "cmu/读.npz": b"x" * 1000,
    "cmu/readme.md": b"",
    "__MACOSX/cmu/._01.bvh": b"",
    "cmu/.h.bvh": b"",
    "cmu/inner.zip": b"PK",
    "./win\\02.bvh": b"02",
}


def check_files(found: Found, label: str, prefix: str = "") -> None:
    assert found.content == {
        f"{label}/cmu/01.bvh": MOTION,
        f"{label}/cmu/读.npz": b"x" * 1000,
        f"{label}/win/02.bvh": b"02",
    }
    assert found.names == [prefix + name[len(label) + 1 :] for name in found.content]
    assert list(found.refused) == [f"{label}/cmu/inner.zip"]
    assert "unpack it yourself" in found.refused[f"{label}/cmu/inner.zip"]
    assert found.passed == {".md": 1}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip(tmp_path: Path, method: int) -> None:
    path = pack_zip(tmp_path / "walks.ZIP", FILES, method)
    found = find(tmp_path, path)
    check_files(found, str(path))
    assert found.maps == {f"{path}/cmu/01.bvh": b"up: +z"}


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
def test_tar(tmp_path: Path, kind: str) -> None:
    pack = {"tgz": "w:gz", "tar": "w"}.get(kind, f"w:{kind[4:]}")
    (tmp_path / "in").mkdir()
    path = pack_tar(tmp_path / "in" / f"walks.{kind}", FILES, pack)
    check_files(find(tmp_path, path), str(path))
    check_files(find(tmp_path, path.parent), str(path), "walks/")  # in a folder, as though unpacked there


def test_maps_in_a_tar_come_before_or_right_after(tmp_path: Path) -> None:
    files = {"a.map.yaml": b"a", "a.bvh": b"", "b.bvh": b"", "b.map.yaml": b"b", "c.bvh": b"", "d.bvh": b""}
    path = pack_tar(tmp_path / "x.tar", files | {"c.map.yaml": b"c", "lost.map.yaml": b""})
    found = find(tmp_path, path)
    assert found.maps == {f"{path}/a.bvh": b"a", f"{path}/b.bvh": b"b"}
    assert "comes long after its motion" in found.refused[f"{path}/c.map.yaml"]


def test_what_leads_out_of_a_tar_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    extra = []
    for name, kind in (("link.bvh", tarfile.SYMTYPE), ("hard.bvh", tarfile.LNKTYPE), ("dev.bvh", tarfile.CHRTYPE)):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        extra.append(info)
    files = {
        "../../evil.bvh": b"e",
        "/abs.bvh": b"e",
        "C:\\evil.bvh": b"e",
        "x/../y.bvh": b"e",
        "n" * 2000 + ".bvh": b"e",
    }
    path = pack_tar(tmp_path / "x.tar", files | {"good\n\udcff.bvh": MOTION}, extra=extra)
    before = sorted(tmp_path.rglob("*"))
    found = find(tmp_path, path)
    assert found.content == {f"{path}/good\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}.bvh": MOTION}
    words = {name.removeprefix(f"{path}/")[:9]: reason for name, reason in found.refused.items()}
    assert len(words) == 8
    assert all("a link" in words[name] for name in ("link.bvh", "hard.bvh"))
    assert "a device" in words["dev.bvh"]
    assert all("absolute" in words[name] for name in ("/abs.bvh", "C:\\evil.b"))
    assert all('".."' in words[name] for name in ("../../evi", "x/../y.bv"))
    assert "2,004 characters" in words["n" * 9]
    assert [item for item in sorted(tmp_path.rglob("*")) if item.name != "scratch"] == before


def test_links_devices_and_encrypted_members_of_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("link.bvh", stat.S_IFLNK), ("pipe.bvh", stat.S_IFIFO), ("ok.bvh", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode | 0o644) << 16
            archive.writestr(info, "/etc/passwd")
        archive.writestr("../up.bvh", b"")
        archive.writestr("secret.bvh", b"x")
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\1\2")
    data[entry + 8] |= 1  # encrypted, in the table of contents
    path.write_bytes(data)
    found = find(tmp_path, path)
    assert list(found.content) == [f"{path}/ok.bvh"]
    reasons = [found.refused[f"{path}/{name}.bvh"] for name in ("link", "pipe", "../up", "secret")]
    for reason, word in zip(reasons, ("link", "pipe", "leads out", "password"), strict=True):
        assert word in reason


def test_bombs(tmp_path: Path) -> None:
    zeros = bytes(80 << 20)
    files = {"a.bvh": MOTION, "b.bvh": zeros, "c.bvh": MOTION}
    bomb = pack_zip(tmp_path / "bomb.zip", files)
    found = find(tmp_path, bomb)
    assert list(found.content) == [f"{bomb}/a.bvh"]
    assert "more than 200 times its size" in found.refused[str(bomb)]
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # zipfile would take all the memory there is
        found = find(tmp_path, pack_zip(bomb, files, method))
        assert list(found.content) == []
        assert all("not packed by deflate" in reason for reason in found.refused.values())
        assert len(found.refused) == 3
    for files in ({"a.bvh": MOTION, "b.bvh": zeros}, {"a.bvh": MOTION, "b.iso": zeros}):
        tar = pack_tar(tmp_path / "bomb.tar.gz", files, "w:gz")
        found = find(tmp_path, tar)
        assert list(found.content.values()) == [MOTION]
        assert "200 times" in found.refused[str(tar)]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{index}.bvh": random.Random(index).randbytes(3000) for index in range(5)}
    packed = [pack_zip(tmp_path / "a.zip", files), pack_tar(tmp_path / "a.tar.xz", files, "w:xz")]
    for path in packed:
        with monkeypatch.context() as patch:
            patch.setattr(archives, "LARGEST_FILE", 2999)
            found = find(tmp_path, path)
            assert len(found.refused) == 5
            assert "unpacks to more than" in found.refused[f"{path}/4.bvh"]
        with monkeypatch.context() as patch:
            patch.setattr(archives, "MOST_MEMBERS", 3)
            found = find(tmp_path, path)
            assert "more than 3 members" in found.refused[str(path)]
        with monkeypatch.context() as patch:
            patch.setattr(archive_stream, "LARGEST_WHOLE", 10_000)
            found = find(tmp_path, path)
            assert len(found.content) in (2, 3)
            assert "split it" in found.refused[str(path)]
        with monkeypatch.context() as patch:
            patch.setattr(archive_stream, "LARGEST_READ", 50)
            assert "header" in find(tmp_path, path).refused[str(path)]


@pytest.mark.parametrize("stated", [0, 10, 1000])
def test_a_zip_whose_header_lies(tmp_path: Path, stated: int) -> None:
    path = pack_zip(tmp_path / "x.zip", {"lie.bvh": MOTION, "good.bvh": b"good"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", data, data.index(signature) + offset, stated)
    path.write_bytes(data)
    found = find(tmp_path, path)
    assert list(found.content) == [f"{path}/good.bvh"]
    assert "is damaged" in found.refused[f"{path}/lie.bvh"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_cut_off_gives_what_could_be_read(tmp_path: Path, mode: str) -> None:
    files = {f"{index}.bvh": random.Random(index).randbytes(200_000) for index in range(6)}
    path = pack_tar(tmp_path / "x.tar", files, mode)
    path.write_bytes(path.read_bytes()[: 3 * path.stat().st_size // 5])
    found = find(tmp_path, path)
    if mode != "w:bz2":  # its blocks are of 900 kB
        assert len(found.content) >= 2
    for label, content in found.content.items():
        assert content == files[label.rpartition("/")[2]]
    assert "is damaged" in found.refused[str(path)]


def test_a_tar_with_a_broken_header_in_the_middle(tmp_path: Path) -> None:
    path = pack_tar(tmp_path / "x.tar", {"a.bvh": MOTION, "b.bvh": MOTION, "c.bvh": MOTION})
    data = bytearray(path.read_bytes())
    data[1024 + 100] ^= 0xFF
    path.write_bytes(data)
    found = find(tmp_path, path)
    assert list(found.content) == [f"{path}/a.bvh"]
    assert "breaks off after 1 members" in found.refused[str(path)]


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"text" * 1000])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    for name in ("x.zip", "x.tar.gz"):
        (tmp_path / name).write_bytes(content)
        assert "damaged or no archive" in find(tmp_path, tmp_path / name).refused[str(tmp_path / name)]


def test_an_archive_that_must_not_be_read(tmp_path: Path) -> None:
    path = pack_zip(tmp_path / "x.zip", {"a.bvh": MOTION})
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    assert "cannot be read (Permission denied)" in find(tmp_path, path).refused[str(path)]


def test_random_damage_is_never_an_exception(tmp_path: Path) -> None:
    files = {f"{index}.bvh": MOTION * 20 for index in range(4)}
    whole = [
        pack_zip(tmp_path / "a.zip", files).read_bytes(),
        pack_zip(tmp_path / "a.zip", files, zipfile.ZIP_LZMA).read_bytes(),
        *(pack_tar(tmp_path / "a.tar", files, mode).read_bytes() for mode in ("w", "w:gz", "w:bz2", "w:xz")),
    ]
    chance, path = random.Random(1), tmp_path / "a.tar"
    for data in whole * 40:
        broken = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))])
        found = find(tmp_path, path)
        assert found.content or found.refused or found.passed or not broken[0]


def test_a_full_disk_stops_with_advice_and_leaves_nothing(tmp_path: Path) -> None:
    paths = [
        pack_zip(tmp_path / "a.zip", {"a.bvh": bytes(500_000)}),
        pack_tar(tmp_path / "a.tar.gz", {"a.bvh": bytes(500_000)}, "w:gz"),
    ]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for path in paths:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
        try:
            with pytest.raises(BadClip, match=r"cannot be unpacked here \(File too large\): free some space"):
                find(tmp_path, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert list((tmp_path / "scratch").iterdir()) == []


def test_the_users_own_file_is_never_removed(walks: Path, tmp_path: Path) -> None:
    for source in find_sources([walks, walks / "b.bvh"], SUFFIXES, tmp_path):
        assert isinstance(source, Source)
        source.release()
    assert (walks / "b.bvh").exists()


def test_safe_names() -> None:
    assert safe_name("./a//b\\c.bvh") == PurePosixPath("a/b/c.bvh")
    for name in ("", ".", "/", "..", "a/..", "\\\\host\\x", "c:/x"):
        with pytest.raises(archive_stream.Refusal):
            safe_name(name)
