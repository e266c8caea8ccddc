from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from animator.camera import Camera, frame_clip
from animator.keypoints import head_template, project_clip
from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, PoseSequence, Skeleton, canonical_skeleton

SIZE = 512
HANGING = {"left_shoulder": (0, 0, -1.35), "right_shoulder": (0, 0, 1.35)}


def clip_of(pose: Mapping[str, Array | tuple[float, float, float]], frames: int = 1) -> Clip:
    """A pose as rotation vectors (or `(T, 3)` of them) by joint, standing at the origin."""
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (frames, len(skeleton.names), 1))
    for name, vector in pose.items():
        rotation[:, skeleton.index(name)] = quat.from_rotvec(np.asarray(vector, dtype=np.float64))
    return Clip(skeleton, 30.0, np.tile(skeleton.offsets[0], (frames, 1)), rotation, np.zeros((frames, 4), bool))


def view(pose: Mapping[str, Array | tuple[float, float, float]], degrees: float, frames: int = 1) -> PoseSequence:
    clip = clip_of(pose, frames)
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    return project_clip(clip, frame_clip(position, SIZE, SIZE, azimuth=np.radians(degrees)), SIZE, SIZE)


def test_front_view_has_everything_in_its_place() -> None:
    pose = view(HANGING, 0)
    body, face = pose.body[0], pose.face[0]
    assert body.shape == (18, 2) and pose.hands.shape == (1, 2, 21, 2) and face.shape == (68, 2)
    assert (body[2:5, 0] < 0.5).all() and (body[5:8, 0] > 0.5).all()  # the figure's right is on the picture's left
    assert (body[8:11, 0] < 0.5).all() and (body[11:14, 0] > 0.5).all()
    assert body[0, 1] < body[1, 1] < body[8, 1] < body[9, 1] < body[10, 1]
    assert body[16, 0] < body[14, 0] < body[0, 0] < body[15, 0] < body[17, 0]  # ear, eye, nose, eye, ear
    np.testing.assert_allclose(body[1], 0.5 * (body[2] + body[5]), atol=1e-3)
    for score in (pose.body_score, pose.hand_score, pose.face_score):
        assert ((score >= 0) & (score <= 1)).all()
    assert pose.body_score.min() > 0.95 and pose.face_score.min() > 0.8 and pose.hand_score.min() > 0.9


def test_wrists_are_the_roots_of_the_hands_and_left_comes_first() -> None:
    pose = view({}, 0)
    np.testing.assert_allclose(pose.hands[0, 0, 0], pose.body[0, 7], atol=1e-9)
    np.testing.assert_allclose(pose.hands[0, 1, 0], pose.body[0, 4], atol=1e-9)
    left = pose.hands[0, 0]
    for first in (1, 5, 9, 13, 17):  # from the T-pose, fingers go outwards to their tips
        assert (np.diff(left[[0, *range(first, first + 4)], 0]) > 0).all()
    assert left[12, 0] == left[:, 0].max()  # the middle finger is the longest


def test_finger_tips_follow_the_last_joint() -> None:
    straight, bent = view({}, 0), view({"left_index3": (0, 0, -1.0)}, 0)
    moved = np.linalg.norm(bent.hands[0, 0] - straight.hands[0, 0], axis=-1) > 1e-4
    np.testing.assert_array_equal(np.flatnonzero(moved), [8])


def test_face_template_is_a_face() -> None:
    points, facing = head_template()
    assert points.shape == facing.shape == (72, 3)
    np.testing.assert_allclose(np.linalg.norm(facing, axis=-1), 1)
    mirror = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    mirror += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    mirror += [64, 63, 62, 61, 60, 67, 66, 65, 69, 68, 71, 70]
    np.testing.assert_allclose(points[mirror] * [-1, 1, 1], points)  # left and right are alike, and in iBUG's order
    chin, brow, eye, nose, mouth = (points[i, 1].mean() for i in (8, range(17, 27), range(36, 48), 30, range(48, 68)))
    assert chin < mouth < nose < eye < brow
    assert points[:68, 2].argmax() == 30 and points[:, 0].argmax() == 71
    assert np.abs(points[:, 0]).max() < 0.09 and points[:, 1].min() > -0.085 and points[:, 2].max() < 0.13


def test_face_turns_with_the_head() -> None:
    straight, turned = view({}, 0), view({"head": (0, 0.5, 0)}, 0)
    assert turned.face[0, 30, 0] > straight.face[0, 30, 0] + 0.01  # to the figure's left
    np.testing.assert_allclose(turned.body[0, 0], turned.face[0, 30])  # the nose is one point


def test_back_view_has_no_face_but_all_limbs() -> None:
    pose = view(HANGING, 180)
    assert pose.face_score.max() < 0.05 and pose.body_score[0, [0, 14, 15]].max() < 0.05
    assert pose.body_score[0, 1:14].min() > 0.95
    assert pose.body[0, 2, 0] > 0.5  # seen from behind, right is right


def test_profile_hides_the_far_ear_and_dims_the_far_arm() -> None:
    pose = view(HANGING, 90)  # from the figure's left
    score = pose.body_score[0]
    assert score[16] < 0.1 and score[17] > 0.95 and score[0] > 0.8 and score[15] > 0.8
    assert score[4] < 0.6 and score[7] > 0.95
    assert pose.hand_score[0, 1].mean() < 0.8 * pose.hand_score[0, 0].mean()


def test_hand_behind_the_back_is_dim_from_the_front_only() -> None:
    back = quat.to_rotvec(quat.mul(quat.from_axis_angle("x", 0.6), quat.from_axis_angle("z", -1.2)))
    pose = {"left_shoulder": back, "left_elbow": (0, 0, -1.2)}
    assert view(pose, 0).hand_score[0, 0].mean() < 0.5
    assert view(pose, 180).hand_score[0, 0].mean() > 0.95


def test_scores_change_smoothly_while_the_figure_turns() -> None:
    angle = np.linspace(0, 2 * np.pi, 181)  # 2 degrees a frame
    pose = view({**HANGING, "pelvis": angle[:, None] * np.array([0, 1.0, 0])}, 0, frames=181)
    assert np.abs(np.diff(pose.face_score, axis=0)).max() < 0.15
    assert np.abs(np.diff(pose.body_score[:, 2:], axis=0)).max() < 0.2
    assert np.ptp(pose.face_score[:, 30]) > 0.9


def test_what_leaves_the_picture_or_is_behind_the_camera_has_no_score() -> None:
    clip = clip_of({})
    close = Camera(np.array([0, 1.5, 1.0]), np.array([0, 1.5, 0]), fov=0.5)
    pose = project_clip(clip, close, SIZE, SIZE)
    assert pose.body_score[0, 10] == 0 and pose.body_score[0, 0] > 0.9
    away = Camera(np.array([0, 1.5, 1.0]), np.array([0, 1.5, 2.0]))
    assert project_clip(clip, away, SIZE, SIZE).body_score.max() == 0


def test_orthographic_camera() -> None:
    camera = Camera(np.array([0, 1.0, 5]), np.array([0, 1.0, 0]), ortho_height=2.0)
    pose = project_clip(clip_of({}), camera, SIZE, SIZE)
    assert pose.body_score[0].min() > 0.9
    assert pose.body[0, 4, 0] == pytest.approx(0.5 - 0.671 / 2, abs=0.01)


def test_another_skeleton_is_refused() -> None:
    skeleton = Skeleton(("pelvis", "chest"), (-1, 0), np.zeros((2, 3)))
    clip = Clip(skeleton, 30, np.zeros((1, 3)), np.tile(quat.IDENTITY, (1, 2, 1)), np.zeros((1, 4), bool))
    with pytest.raises(BadClip, match="canonical"):
        project_clip(clip, Camera(np.array([0, 1.0, 5]), np.zeros(3)), SIZE, SIZE)
