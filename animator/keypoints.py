"""DWPose keypoints of a clip as a camera sees it: body, hands and face, with scores as a detector would give them.

A detector is less sure of what it cannot see, and a video model has learnt that: a face fades when it turns away, an
ear when the head is between it and the camera, a hand when the body is. All of it smoothly, so that nothing blinks.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from animator.camera import NEAR, Camera, CameraPath
from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.errors import BadClip
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, PoseSequence, Skeleton

# OpenPose's 18 points; what is not a joint of the skeleton is set from others below.
BODY_JOINTS = (
    *("head", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head", "head", "head", "head"),
)
FINGERS = ("thumb", "index", "middle", "ring", "pinky")
FINGERTIP = 0.85  # length of the last bone, which the skeleton does not have, as a share of the one before it
HIP_WIDTH = 1.4  # detectors are trained on hips that are marked outside of the joint's centre
# Score that is left to elbows and wrists, and to fingers, behind the torso: a detector still guesses the arm.
HIDDEN_ARM, HIDDEN_HAND = 0.4, 0.1
# What hides arms: from joint, to joint, how many balls, over which share of the way, their radius in m.
BALLS = (
    ("pelvis", "neck", 6, 1.0, 0.13),
    ("left_hip", "left_knee", 5, 0.8, 0.08),
    ("right_hip", "right_knee", 5, 0.8, 0.08),
)
SKULL = 0.10  # m
EDGE = 0.03  # picture sizes beyond the edge over which a score fades to 0

# ── The head ──────────────────────────────────────────────────────────────────────────────────────────────
# Own measures after common adult proportions (eyes half-way up the head, mouth a third of the way from nose to chin):
# mm from the head joint, x to the figure's left, y up, z forward; the figure's right half and the middle line.
_JAW = [
    *[(-72, 35, 5), (-72, 13, 6), (-70, -8, 10), (-66, -28, 16), (-58, -46, 26)],
    *[(-46, -60, 42), (-32, -71, 60), (-16, -77, 76), (0, -79, 83)],
]
_BROW = [(-57, 48, 68), (-50, 54, 81), (-40, 57, 91), (-28, 56, 97), (-16, 53, 101)]
_NOSE_RIDGE = [(0, 36, 100), (0, 23, 107), (0, 10, 114), (0, -3, 121)]
_NOSTRILS = [(-16, -13, 99), (-8, -16, 105), (0, -18, 108)]
_EYE = [(-46, 35, 77), (-37, 40, 87), (-27, 40, 89), (-18, 34, 86), (-27, 31, 88), (-37, 31, 86)]
_UPPER_LIP = [(-25, -39, 86), (-17, -34, 96), (-7, -31, 102), (0, -33, 103)]
_LOWER_LIP = [(-17, -47, 95), (-8, -51, 99), (0, -52, 100)]
_UPPER_INNER = [(-21, -39, 88), (-8, -38, 99), (0, -38, 100)]
_LOWER_INNER = [(-8, -41, 98), (0, -41, 99)]
_EYE_CENTRE, _EAR = (-32, 36, 88), (-78, 22, -6)
HEAD_CENTRE = np.array([0.0, 0.035, -0.005])  # m from the head joint
HEAD_RADII = np.array([0.078, 0.115, 0.108])  # m, of an ellipsoid: for the directions that points face


@lru_cache(maxsize=1)
def head_template() -> tuple[Array, Array]:
    """Points on the head `(72, 3)` m from the head joint, and the directions they face `(72, 3)`.

    The 68 of the face in iBUG order (jaw, brows, nose, eyes, mouth; each from the figure's right to its left), then
    right eye, left eye, right ear and left ear.
    """
    right_eye, left_eye = _EYE, [_mirrored(_EYE)[i] for i in (3, 2, 1, 0, 5, 4)]
    points = [
        *_both_sides(_JAW),
        *(_BROW + _mirrored(_BROW)[::-1]),
        *(_NOSE_RIDGE + _both_sides(_NOSTRILS)),
        *(right_eye + left_eye),
        *(_both_sides(_UPPER_LIP) + _both_sides(_LOWER_LIP)[::-1]),
        *(_both_sides(_UPPER_INNER) + _both_sides(_LOWER_INNER)[::-1]),
        *(_EYE_CENTRE, _mirrored([_EYE_CENTRE])[0], _EAR, _mirrored([_EAR])[0]),
    ]
    template = np.array(points, dtype=np.float64) / 1000.0
    facing = (template - HEAD_CENTRE) / HEAD_RADII**2
    return template, facing / np.linalg.norm(facing, axis=-1, keepdims=True)


def _mirrored(points: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return [(-x, y, z) for x, y, z in points]


def _both_sides(points: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """From the right over the middle, which is the last point given, to the left."""
    return points + _mirrored(points[-2::-1])


# ── Projection ────────────────────────────────────────────────────────────────────────────────────────────


def body_points(clip: Clip, frame: int = 0, *, head_scale: float = 1.0) -> Array:
    """The 18 points of the body `(18, 3)` m in the world, in one frame; arguments and errors as of `project_clip`."""
    joints, _, _ = _joints(clip.skeleton)
    one = slice(frame, frame + 1)
    position, world = fk(clip.skeleton, clip.root_position[one].astype(np.float64), clip.rotation[one])
    return _body_points(position[:, joints], _on_head(position[:, joints[0]], world[:, joints[0]], head_scale))[0]


def project_clip(
    clip: Clip, cameras: Camera | CameraPath, width: int, height: int, *, head_scale: float = 1.0
) -> PoseSequence:
    """The keypoints of every frame, in the order and layout of DWPose.

    Args:
        clip: On the canonical skeleton.
        cameras: One for all frames, or a path with as many frames as the clip.
        width: Of the picture, px.
        height: Of the picture, px.
        head_scale: How much larger the head is than the canonical skeleton's.

    Raises:
        BadClip: The skeleton lacks joints that are needed.
    """
    path = CameraPath.fixed(cameras, len(clip)) if isinstance(cameras, Camera) else cameras
    assert len(path) == len(clip), f"{len(path)} cameras for {len(clip)} frames"
    body_joints, hand_joints, tips = _joints(clip.skeleton)
    position, world = fk(clip.skeleton, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    # 1. Where everything is
    head, turn = position[:, body_joints[0]], world[:, body_joints[0]]
    on_head = _on_head(head, turn, head_scale)
    body = _body_points(position[:, body_joints], on_head)
    hands = _hand_points(position, world, hand_joints, tips)
    points = np.concatenate((body, hands.reshape(len(clip), 42, 3), on_head[:, :68]), axis=1)
    # 2. Where it is in the picture
    image, depth = path.project(points, width, height)
    outside = np.maximum(np.abs(image - 0.5).max(axis=-1) - 0.5, 0.0)
    score = smoothstep(1.0 - outside / EDGE) * (depth > NEAR)
    # 3. What hides it
    seen = _head_visibility(path, head, turn)
    score[:, [0, 14, 15, 16, 17]] *= seen[:, [30, 68, 69, 70, 71]]
    score[:, 60:] *= seen[:, :68]
    arms = np.r_[[3, 4, 6, 7], 18:60]
    free = _clear_of_body(path, points[:, arms], position, clip.skeleton, on_head)
    floor = np.where(arms < 18, HIDDEN_ARM, HIDDEN_HAND)
    score[:, arms] *= floor + (1.0 - floor) * free
    score[:, 1] = np.minimum(score[:, 2], score[:, 5]) > 0.3  # the rule of DWPose for its neck
    return PoseSequence(
        fps=clip.fps,
        body=image[:, :18],
        hands=image[:, 18:60].reshape(-1, 2, 21, 2),
        face=image[:, 60:],
        body_score=score[:, :18],
        hand_score=score[:, 18:60].reshape(-1, 2, 21),
        face_score=score[:, 60:],
    )


def _joints(skeleton: Skeleton) -> tuple[Array, Array, Array]:
    """Joint indices: of the body `(18,)`, of each hand's wrist and fingers `(2, 16)`, of each finger's end `(2, 5)`."""
    try:
        body = [skeleton.index(name) for name in BODY_JOINTS]
        skeleton.index("pelvis")
        fingers = [[[skeleton.index(f"{s}_{f}{i}") for i in (1, 2, 3)] for f in FINGERS] for s in ("left", "right")]
        wrists = [[skeleton.index(f"{side}_wrist")] for side in ("left", "right")]
    except ValueError as error:
        raise BadClip(f"The clip's skeleton has no keypoints ({error}). Put it on the canonical one first.") from error
    ends = np.array(fingers)
    return np.array(body), np.concatenate((wrists, ends.reshape(2, 15)), axis=1), ends[..., 2]


def _on_head(head: Array, turn: Array, scale: float) -> Array:
    """The points of the head template `(T, 72, 3)` m on heads at `head (T, 3)`, turned by `turn (T, 4)`."""
    return head[:, None] + quat.rotate(turn[:, None], scale * head_template()[0])


def _body_points(joints: Array, on_head: Array) -> Array:
    """The 18 points `(T, 18, 3)` from the joints of their names and the points on the head."""
    body = joints.copy()
    body[:, [0, 14, 15, 16, 17]] = on_head[:, [30, 68, 69, 70, 71]]
    body[:, 1] = 0.5 * (joints[:, 2] + joints[:, 5])
    middle = 0.5 * (joints[:, 8] + joints[:, 11])
    body[:, [8, 11]] = middle[:, None] + HIP_WIDTH * (joints[:, [8, 11]] - middle[:, None])
    return body


def _hand_points(position: Array, world: Array, joints: Array, ends: Array) -> Array:
    """`(T, 2, 21, 3)`: wrist, then three joints and the tip of each finger, thumb first."""
    parents = ends - 1  # the canonical order: a finger's joints follow each other
    last = position[:, ends] - position[:, parents]
    bend = quat.mul(world[:, ends], quat.inv(world[:, parents]))
    tips = position[:, ends] + FINGERTIP * quat.rotate(bend, last)
    frames = len(position)
    fingers = position[:, joints[:, 1:]].reshape(frames, 2, 5, 3, 3)
    with_tips = np.concatenate((fingers, tips[:, :, :, None]), axis=3).reshape(frames, 2, 20, 3)
    return np.concatenate((position[:, joints[:, :1]], with_tips), axis=2)


def _towards_camera(path: CameraPath, points: Array) -> Array:
    """Unit directions `(T, N, 3)` from world points to the camera."""
    eye = path.positions[:, None]
    away = eye - points if path.ortho_height is None else np.broadcast_to(eye - path.targets[:, None], points.shape)
    return away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-9)


def _head_visibility(path: CameraPath, head: Array, turn: Array) -> Array:
    """Scores `(T, 72)` of the points on the head, from the directions they face.

    A point fades when it turns away from the camera; those of the face, not the ears, also when the whole face does.
    """
    camera = _towards_camera(path, head[:, None])
    camera = quat.rotate(quat.inv(turn), camera[:, 0])  # seen from the head
    facing = head_template()[1]
    each = smoothstep((np.einsum("pk,tk->tp", facing, camera) + 0.7) / 0.7)
    whole = smoothstep((camera[:, 2:] + 0.6) / 0.6)
    return np.concatenate((each[:, :70] * whole, each[:, 70:]), axis=1)


def _clear_of_body(path: CameraPath, points: Array, position: Array, skeleton: Skeleton, on_head: Array) -> Array:
    """How freely points `(T, N, 3)` are seen past torso, thighs and head, 0..1: chains of balls stand for them."""
    chains = []
    for start, end, count, share, _ in BALLS:
        a, b = (position[:, None, skeleton.index(name)] for name in (start, end))
        along = np.linspace(0.0, share, count)[:, None]
        chains.append(a * (1.0 - along) + b * along)
    skull = 0.5 * (on_head[:, 70:71] + on_head[:, 71:72])
    balls = np.concatenate((*chains, skull), axis=1)[:, None]
    radius = np.concatenate([[chain[4]] * chain[2] for chain in BALLS] + [[SKULL]])
    ray = _towards_camera(path, points)[:, :, None]
    offset = balls - points[:, :, None]
    ahead = np.maximum(np.sum(offset * ray, axis=-1, keepdims=True), 0.0)
    distance = np.linalg.norm(offset - ahead * ray, axis=-1)
    return smoothstep((distance / radius - 0.55) / 0.55).min(axis=-1)
