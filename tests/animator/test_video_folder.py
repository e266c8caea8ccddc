from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animator.video import write_video
from animator.video_frames import read_frames
from motion_engine.errors import BadMedia
from motion_engine.types import Array


def counted(count: int, height: int = 6, width: int = 8) -> Iterator[Array]:
    return (np.full((height, width, 3), (index, 2 * index, 7), np.uint8) for index in range(count))


@pytest.mark.parametrize("name", ["out", "out/", "v1.2/"])
def test_frames_are_named_and_numbered_and_exact(name: str, tmp_path: Path) -> None:
    done: list[int] = []
    target = f"{tmp_path}/{name}"
    write_video(target, counted(12), 30, on_frame=done.append)
    folder = Path(target)
    assert {p.name for p in folder.iterdir()} == {f"frame_{i}.png" for i in range(12)}
    assert done == list(range(1, 13)) and len(list(tmp_path.iterdir())) == 1
    frames = list(read_frames(target))  # frame_10 comes after frame_9, not after frame_1
    np.testing.assert_array_equal(frames, list(counted(12)))


def test_a_sequence_is_replaced_whole(tmp_path: Path) -> None:
    write_video(tmp_path / "out", counted(12), 30)
    write_video(tmp_path / "out", counted(3), 30)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["frame_0.png", "frame_1.png", "frame_2.png"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_sequence_stays_when_the_next_fails(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Array]:
        yield from counted(5)
        raise KeyboardInterrupt

    write_video(tmp_path / "out", counted(3), 30)
    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "out", interrupted(), 30)
    assert len(list(read_frames(tmp_path / "out"))) == 3 and len(list(tmp_path.iterdir())) == 1


def test_an_empty_folder_and_a_link_to_a_folder_are_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_video(tmp_path / "link", counted(2), 30)
    assert (tmp_path / "link").is_symlink() and len(list((tmp_path / "real").iterdir())) == 2


@pytest.mark.parametrize("other", ["notes.txt", "frame_01.png", "frame_a.png", "frame_5.jpg", ".hidden"])
def test_a_folder_with_anything_else_is_never_touched(other: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_video(folder, counted(2), 30)
    (folder / other).write_text("mine")
    with pytest.raises(BadMedia, match="holds something else"):
        write_video(folder, counted(3), 30)
    assert (folder / other).read_text() == "mine" and len(list(folder.iterdir())) == 3
    assert len(list(tmp_path.iterdir())) == 1


def test_folders_named_like_frames_are_something_else(tmp_path: Path) -> None:
    (tmp_path / "out" / "frame_0.png").mkdir(parents=True)
    with pytest.raises(BadMedia, match="holds something else"):
        write_video(tmp_path / "out", counted(1), 30)


def test_what_appears_in_the_meantime_is_not_lost(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def slow(done: int) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "mine.txt").write_text("mine")

    with pytest.raises(BadMedia, match="holds something else"):
        write_video(folder, counted(2), 30, on_frame=slow)
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_a_file_is_no_folder_and_folders_need_one_around_them(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(BadMedia, match="is a file"):
        write_video(tmp_path / "out", counted(1), 30)
    with pytest.raises(BadMedia, match="mkdir -p"):
        write_video(tmp_path / "none" / "out", counted(1), 30)
    with pytest.raises(BadMedia, match="choose another name"):
        write_video(tmp_path / ("x" * 300), counted(1), 30)
    with pytest.raises(BadMedia, match="holds something else"):
        write_video("/", counted(1), 30)


def test_nobody_is_left_in_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadMedia, match="the folder you are in"):
        write_video("./", counted(1), 30)
    write_video("out/", counted(1), 30)
    assert (tmp_path / "out" / "frame_0.png").is_file()


def test_damaged_sequences_say_which_picture(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_video(folder, counted(4), 30)
    (folder / "frame_2.png").write_bytes((folder / "frame_2.png").read_bytes()[:50])
    frames = read_frames(folder)
    assert len([next(frames), next(frames)]) == 2
    with pytest.raises(BadMedia, match=r"frame_2\.png"):
        next(frames)
    (folder / "frame_2.png").unlink()
    with pytest.raises(BadMedia, match=r"frame_2\.png: is missing"):
        list(read_frames(folder))
    Image.new("RGB", (3, 3)).save(folder / "frame_2.png")
    with pytest.raises(BadMedia, match="frame 2"):
        list(read_frames(folder))
    with pytest.raises(BadMedia, match="something else"):
        read_frames(tmp_path)
