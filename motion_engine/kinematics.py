"""Forward kinematics, two-bone IK and look-at, over arrays with leading axes for time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from motion_engine import quat
from motion_engine.curves import smoothstep
from motion_engine.types import BODY_JOINTS, Array, Clip, Skeleton

# From the joint, m, in the rest pose: the heel under the ankle and the tip of the toes beyond the ball of the foot
# (measured on the mannequin's feet; x is ignored since left and right feet splay).
HEEL_BACK, TOE_FORWARD = 0.05, 0.06
BENT = 0.1  # the sine from which on a bend tells where the hinge is
MANY = 256  # frames, from which on quaternions are quicker than matrices, which need fewer calls


@lru_cache(maxsize=64)
def _levels(parents: tuple[int, ...]) -> tuple[tuple[Array, Array], ...]:
    """Joints by depth, with their parents, so that a whole level is computed at once."""
    depth = [0] * len(parents)
    levels: list[list[int]] = []
    for joint, parent in enumerate(parents):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
        if depth[joint] == len(levels):
            levels.append([])
        levels[depth[joint]].append(joint)
    return tuple((np.array(joints), np.array([parents[j] for j in joints])) for joints in levels[1:])


def fk(skeleton: Skeleton, root_position: Array, rotation: Array) -> tuple[Array, Array]:
    """World positions `(..., J, 3)` and rotations `(..., J, 4)` of all joints.

    Args:
        skeleton: J joints.
        root_position: `(..., 3)` m.
        rotation: `(..., J, 4)` wxyz, relative to the parent.
    """
    dtype = np.result_type(root_position, rotation)
    offsets = skeleton.offsets.astype(dtype)
    position = np.empty((*rotation.shape[:-1], 3), dtype=dtype)
    world = np.empty(rotation.shape, dtype=dtype)
    position[..., 0, :], world[..., 0, :] = root_position, rotation[..., 0, :]
    for joints, parents in _levels(skeleton.parents):
        above = world[..., parents, :]
        world[..., joints, :] = quat.mul(above, rotation[..., joints, :])
        position[..., joints, :] = position[..., parents, :] + quat.rotate(above, offsets[joints])
    return position, world


@lru_cache(maxsize=8)
def children_of(parents: tuple[int, ...]) -> list[list[int]]:
    """For each joint those that hang on it, in order."""
    found: list[list[int]] = [[] for _ in parents]
    for child, parent in enumerate(parents):
        if parent >= 0:
            found[parent].append(child)
    return found


def body_pose(clip: Clip, frames: slice | Array = slice(None)) -> tuple[Array, Array]:
    """World positions `(N, 22, 3)` m and rotations `(N, 22, 4)` of the body's joints, fingers left out."""
    rotation = clip.rotation[frames, :BODY_JOINTS].astype(np.float64)
    return fk(body_skeleton(clip.skeleton), clip.root_position[frames].astype(np.float64), rotation)


def body_positions(clip: Clip, frames: slice | Array = slice(None)) -> Array:
    """World positions `(N, 22, 3)` m, float64, of the body's joints at `frames`."""
    rotation = clip.rotation[frames, :BODY_JOINTS]
    if len(rotation) > MANY:
        return body_pose(clip, frames)[0]
    return few_positions(clip.skeleton, clip.root_position[frames], rotation.astype(np.float64))


def few_positions(skeleton: Skeleton, root_position: Array, rotation: Array) -> Array:
    """World positions `(N, 22, 3)` m of the body's joints from `(N, 3)` and `(N, 22, 4)`, quickly if those are few."""
    matrix = quat.to_matrix(rotation)
    position = np.empty(matrix.shape[:-1])
    position[:, 0] = root_position
    offsets = skeleton.offsets[:BODY_JOINTS, :, None]
    for joints, parents in _levels(skeleton.parents[:BODY_JOINTS]):
        above = matrix[:, parents]
        position[:, joints] = position[:, parents] + np.matmul(above, offsets[joints])[..., 0]
        matrix[:, joints] = np.matmul(above, matrix[:, joints])
    return position


@lru_cache(maxsize=8)
def body_skeleton(skeleton: Skeleton) -> Skeleton:
    """The skeleton without its fingers."""
    return Skeleton(skeleton.names[:BODY_JOINTS], skeleton.parents[:BODY_JOINTS], skeleton.offsets[:BODY_JOINTS])


def to_local(skeleton: Skeleton, world: Array) -> Array:
    """Parent-relative rotations `(..., J, 4)` from world rotations: the inverse of `fk`'s second result."""
    local = np.array(world)
    parents = np.array(skeleton.parents[1:])
    local[..., 1:, :] = quat.mul(quat.inv(world[..., parents, :]), world[..., 1:, :])
    return local


def two_bone_ik(
    root: Array, mid: Array, end: Array, target: Array, pole: Array, stretch: float = 0.999
) -> tuple[Array, Array]:
    """World rotations `(..., 4)` to apply to the upper and the lower bone so that `end` reaches `target`.

    The middle joint bends in the plane of `pole`; a target out of reach is approached in a straight line.

    Args:
        root, mid, end: World positions `(..., 3)` of hip, knee, ankle, or shoulder, elbow, wrist, m.
        target: Where `end` shall be, `(..., 3)` m.
        pole: A world direction `(..., 3)` towards which the middle joint bends.
        stretch: The largest reach as a share of the limb's length; below 1 it is never straightened fully.

    Returns:
        `(upper, lower)`: `new_world = mul(upper, old_world)` for the root joint, and `mul(lower, old_world)` for
        the middle joint (already containing the upper bone's change).
    """
    length_upper = np.linalg.norm(mid - root, axis=-1)
    length_lower = np.linalg.norm(end - mid, axis=-1)
    aim = target - root
    distance = np.linalg.norm(aim, axis=-1)
    # Near full reach a millimetre at the end is a centimetre at the middle joint: what is left of the limb's reach is
    # used up gradually, so the joint does not pop. A limb that is straighter already keeps its length.
    current = np.linalg.norm(end - root, axis=-1)
    room = np.maximum((length_upper + length_lower) * stretch - current, 1e-6)
    gradual = current + room * -np.expm1(-np.maximum(distance - current, 0.0) / room)
    shortest = np.abs(length_upper - length_lower) * 1.001 + 1e-6
    clamped = np.maximum(np.minimum(distance, gradual), shortest)
    direction = aim / np.maximum(distance, 1e-9)[..., None]
    side = pole - np.sum(pole * direction, axis=-1, keepdims=True) * direction
    size = np.linalg.norm(side, axis=-1, keepdims=True)
    fallback = quat.cross(direction, np.broadcast_to(np.array([1.0, 0.0, 0.0]), direction.shape))
    side = np.where(size > 1e-6, side / np.maximum(size, 1e-9), fallback)
    cosine = (length_upper**2 + clamped**2 - length_lower**2) / (2 * length_upper * clamped)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    new_mid = root + length_upper[..., None] * (np.cos(angle)[..., None] * direction + np.sin(angle)[..., None] * side)
    new_end = root + clamped[..., None] * direction
    # Both the bone and the plane of the bend are carried over, so that the limb does not twist.
    upper = _frame_change(mid - root, end - mid, new_mid - root, new_end - new_mid, side)
    lower = quat.mul(quat.between(quat.rotate(upper, end - mid), new_end - new_mid), upper)
    return upper, lower


def _frame_change(bone: Array, bend: Array, new_bone: Array, new_bend: Array, side: Array) -> Array:
    """The rotation that takes `bone` to `new_bone` and the hinge of the bend as near as it can to the new hinge.

    The hinge is a line: a knee that comes from a little beyond straight bends the other way, and the leg does not turn
    round for it. That of a limb that is nearly straight says nothing.
    """
    swing = quat.between(bone, new_bone)
    normal = quat.cross(quat.rotate(swing, bone), quat.rotate(swing, bend))
    new_normal = quat.cross(new_bone, new_bend)
    axis = new_bone / np.maximum(np.linalg.norm(new_bone, axis=-1, keepdims=True), 1e-9)
    area = np.maximum(np.linalg.norm(new_bone, axis=-1) * np.linalg.norm(new_bend, axis=-1), 1e-9)
    bent = np.minimum(np.linalg.norm(normal, axis=-1), np.linalg.norm(new_normal, axis=-1)) / area  # sine of the bend
    sine = np.sum(quat.cross(normal, new_normal) * axis, axis=-1)
    angle = np.arctan2(sine, np.sum(normal * new_normal, axis=-1))
    angle = (angle - np.pi * np.round(angle / np.pi)) * smoothstep(bent / BENT)
    return quat.mul(quat.from_rotvec(axis * angle[..., None]), swing)


def look_at(forward: Array, target: Array, limit: float) -> Array:
    """The rotation `(..., 4)` that turns direction `forward` towards direction `target`, by `limit` radians at most."""
    q = quat.to_rotvec(quat.between(forward, target))
    angle = np.linalg.norm(q, axis=-1, keepdims=True)
    return quat.from_rotvec(q * np.minimum(1.0, limit / np.maximum(angle, 1e-9)))


def sole_points(skeleton: Skeleton, position: Array, world: Array) -> Array:
    """The lowest points of the feet `(..., 6, 3)` m: left heel, ball, toe tip, then right; at rest on y = 0."""
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (len(skeleton.names), 1)))
    points = []
    for side in ("left", "right"):
        ankle, foot = skeleton.index(f"{side}_ankle"), skeleton.index(f"{side}_foot")
        for joint, forward in ((ankle, -HEEL_BACK), (foot, 0.0), (foot, TOE_FORWARD)):
            offset = np.array([0.0, -rest[joint, 1], forward], dtype=position.dtype)
            points.append(position[..., joint, :] + quat.rotate(world[..., joint, :], offset))
    return np.stack(points, axis=-2)
