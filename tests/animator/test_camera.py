from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animator.camera import Camera, CameraPath, frame_clip
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Array, canonical_skeleton


def figure(frames: int = 1, travel: float = 0.0) -> Array:
    """A T-pose `(T, J, 3)` that slides `travel` metres along +X."""
    skeleton = canonical_skeleton()
    position, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    shift = np.linspace(0, travel, frames)[:, None, None] * np.array([1.0, 0, 0])
    return position + shift


def test_target_is_the_middle_and_left_is_on_the_right() -> None:
    camera = Camera(np.array([0, 1.0, 4]), np.array([0, 1.0, 0]))
    points, depth = camera.project(np.array([[0, 1.0, 0], [1, 1, 0], [0, 2, 0]]), 640, 480)
    assert depth == pytest.approx([4, 4, 4])
    assert points[0] == pytest.approx([0.5, 0.5])
    assert points[1, 0] > 0.5 and points[1, 1] == pytest.approx(0.5)  # +X, the figure's left
    assert points[2, 1] < 0.5 and points[2, 0] == pytest.approx(0.5)  # up is up


def test_field_of_view_and_aspect() -> None:
    camera = Camera(np.array([0, 0, 2.0]), np.zeros(3), fov=np.pi / 2)
    edge, _ = camera.project(np.array([[0, 2.0, 0], [2.0, 0, 0]]), 200, 100)
    assert edge[0] == pytest.approx([0.5, 0.0])
    assert edge[1] == pytest.approx([0.75, 0.5])  # the picture is twice as wide


def test_orthographic_size_does_not_depend_on_depth() -> None:
    camera = Camera(np.array([0, 0, 5.0]), np.zeros(3), ortho_height=4.0)
    points, depth = camera.project(np.array([[0, 1.0, 0], [0, 1.0, -30]]), 100, 100)
    assert points[:, 1] == pytest.approx([0.25, 0.25])
    assert depth == pytest.approx([5, 35])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.tuples(*[st.floats(-5, 5)] * 6))
def test_view_matrix_is_a_rigid_motion_that_agrees_with_project(values: tuple[float, ...]) -> None:
    camera = Camera(np.array(values[:3]), np.add(values[3:], (0, 0, 11.0)))
    rotation = camera.view_matrix[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1)
    point = np.array([0.3, 1.2, 0.7])
    seen = camera.view_matrix @ np.append(point, 1)
    assert camera.project(point, 10, 10)[1] == pytest.approx(seen[2])


def test_looking_straight_down_is_defined() -> None:
    points, _ = Camera(np.array([0, 3.0, 0]), np.zeros(3)).project(np.array([0, 0, -0.5]), 100, 100)
    assert points[0] == pytest.approx(0.5) and points[1] < 0.5


def test_points_behind_the_camera_stay_finite() -> None:
    points, depth = Camera(np.zeros(3), np.array([0, 0, -1.0])).project(np.array([[1.0, 0, 1], [0, 0, 0]]), 64, 64)
    assert np.isfinite(points).all() and depth[0] < 0


@pytest.mark.parametrize(("width", "height"), [(512, 512), (576, 1024), (1024, 576), (1, 1)])
@pytest.mark.parametrize("orthographic", [False, True])
def test_standing_figure_is_large_and_whole(width: int, height: int, orthographic: bool) -> None:
    path = frame_clip(figure(30), width, height, orthographic=orthographic)
    points, depth = path.project(figure(30), width, height)
    assert not path.moves and (depth > 0).all()
    assert points.min() > 0.05 and points.max() < 0.95
    tall, wide = np.ptp(points[..., 1]), np.ptp(points[..., 0])
    assert 0.55 < max(tall, wide) < 0.8


def test_camera_follows_a_run_and_keeps_it_large() -> None:
    frames = figure(90, travel=15.0)
    path = frame_clip(frames, 512, 512)
    points, _ = path.project(frames, 512, 512)
    assert path.moves and np.ptp(points[0, :, 1]) > 0.55
    assert points.min() > 0.05 and points.max() < 0.95
    assert np.abs(np.diff(path.positions, n=2, axis=0)).max() < 1e-9  # constant speed stays constant
    staying = frame_clip(frames, 512, 512, follow=False)
    assert not staying.moves and staying.project(frames, 512, 512)[0].min() > 0.05


def test_camera_neither_follows_a_step_nor_rises_with_a_jump() -> None:
    assert not frame_clip(figure(60, travel=0.4), 512, 512).moves
    jump = figure(90, travel=15.0)
    jump[30:50, :, 1] += 1.0
    assert np.ptp(frame_clip(jump, 512, 512).positions[:, 1]) == pytest.approx(0, abs=1e-9)


def test_azimuth_turns_towards_the_left_of_the_figure() -> None:
    assert frame_clip(figure(), 64, 64, azimuth=np.pi / 2).positions[0, 0] > 2
    assert frame_clip(figure(), 64, 64, azimuth=0.0, elevation=0.3).positions[0, 1] > 1.5


def test_path_projects_each_frame_as_its_own_camera() -> None:
    frames = figure(20, travel=15.0)
    path = frame_clip(frames, 320, 240, fps=10)
    points, depth = path.project(frames, 320, 240)
    alone, alone_depth = path[7].project(frames[7], 320, 240)
    np.testing.assert_allclose(points[7], alone, atol=1e-12)
    np.testing.assert_allclose(depth[7], alone_depth, atol=1e-12)


def test_fixed_path_of_one_camera() -> None:
    camera = Camera(np.array([1.0, 2, 3]), np.zeros(3), fov=0.7)
    path = CameraPath.fixed(camera, 5)
    assert len(path) == 5 and not path.moves and path[4].fov == 0.7
    np.testing.assert_array_equal(path[4].view_matrix, camera.view_matrix)
