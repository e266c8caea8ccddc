from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animator.sheet import contact_sheet, write_png
from motion_engine.errors import BadMedia

FRAMES = [np.full((40, 60, 3), 20 * i, np.uint8) for i in range(5)]


def test_pictures_stand_in_rows() -> None:
    sheet = contact_sheet(FRAMES, 3)
    assert sheet.dtype == np.uint8 and sheet.shape == (2 * 44 + 4, 3 * 64 + 4, 3)
    for index in range(5):
        top, left = 4 + index // 3 * 44, 4 + index % 3 * 64
        assert (sheet[top : top + 40, left : left + 60] == 20 * index).all()
    assert (sheet[48:, 132:] == 250).all()  # nothing in the last place


def test_labels_stand_below() -> None:
    bare, labelled = contact_sheet(FRAMES[:2], 2), contact_sheet(FRAMES[:2], 2, ["0.00 s  walk", "走路"])
    assert labelled.shape[0] > bare.shape[0] and labelled.shape[1] == bare.shape[1]
    assert (labelled[4:44, 4:64] == 0).all()
    assert labelled[44:-4, 4:64].min() < 120  # ink


def test_fewer_pictures_than_columns_leave_no_hole() -> None:
    assert contact_sheet(FRAMES[:1], 4).shape == (48, 68, 3)


@pytest.mark.parametrize(
    ("frames", "columns", "labels"),
    [([], 3, None), (FRAMES, 0, None), (FRAMES, 3, ["one"]), ([FRAMES[0], FRAMES[0][:9]], 2, None)],
)
def test_bad_sheets(frames: list[np.ndarray], columns: int, labels: list[str] | None) -> None:
    with pytest.raises(BadMedia):
        contact_sheet(frames, columns, labels)


def test_png_is_the_picture_whole_or_not_at_all(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", image)
    with Image.open(tmp_path / "a.png") as read:
        np.testing.assert_array_equal(np.asarray(read), image)
    with pytest.raises(BadMedia, match=r"\.png"):
        write_png(tmp_path / "a.jpg", image)
    with pytest.raises(BadMedia, match="mkdir"):
        write_png(tmp_path / "no" / "a.png", image)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
