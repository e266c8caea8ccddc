"""SMPL, SMPL-H and SMPL-X body models, from the files that their users have licensed: nothing of them comes with us.

Source: M. Loper et al., "SMPL: A Skinned Multi-Person Linear Model", 2015: joints are a linear function of the shaped
body, J = regressor @ (template + shapes @ betas).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip, ModelUnavailable
from motion_engine.formats.npz import finite, read_arrays
from motion_engine.formats.pickled import array_of, read_pickled
from motion_engine.types import Array, Clip, Skeleton, canonical_skeleton

BODY = 22  # joints that SMPL, SMPL-H and SMPL-X share
HANDS = {52: 22, 55: 25}  # joints in a pose: the first one of the left hand (SMPL-X has jaw and two eyes before it)
LARGEST_MODEL = 1 << 30  # bytes, of a file and of an array
SHAPES = 300  # of SMPL-X; what follows them are expressions of the face
LONGEST_BONE = 10.0  # m
_JOINTS = (24, 52, 55)
_BATCH = 64  # frames at once: each needs a matrix for every vertex


@dataclass(frozen=True, eq=False)
class SmplModel:
    """The part of a body model that says where joints are at rest; +Y up, metres, the pelvis near the origin."""

    template: Array  # (V, 3)
    shapes: Array  # (V, 3, B)
    regressor: Array  # (J, V)

    def rest_joints(self, betas: Array) -> Array:
        """Where the joints `(J, 3)` of the body with betas `(N,)` rest; those that the model lacks are dropped."""
        count = min(len(betas), self.shapes.shape[2])
        joints: Array = self.regressor @ (self.template + self.shapes[..., :count] @ betas[:count])
        return joints

    def skeleton(self, betas: Array) -> Skeleton:
        """The canonical joints with this body's bone lengths; SMPL's 24 joints leave the fingers ours.

        Raises:
            BadClip: A bone has an impossible length.
        """
        canonical, joints = canonical_skeleton(), self.rest_joints(betas)
        offsets = canonical.offsets.copy()
        hands = HANDS.get(len(joints))
        order = [*range(BODY), *(range(hands, hands + 30) if hands else ())]
        joints = joints[order]
        parents = list(canonical.parents[1 : len(order)])
        offsets[0], offsets[1 : len(order)] = joints[0], joints[1:] - joints[parents]
        if not np.abs(offsets).max() < LONGEST_BONE:
            raise BadClip("the betas give a body with bones of more than 10 m")
        return Skeleton(canonical.names, canonical.parents, offsets)


def read_smpl_model(path: Path | str) -> SmplModel:
    """A body model from `.npz` or `.pkl`, the official files as they are; nothing that a `.pkl` says is run.

    Raises:
        BadClip: Not a body model, or a file that asks for more than arrays.
    """
    arrays = _arrays(path, ("v_template", "shapedirs", "J_regressor"))
    template, shapes, regressor = (
        finite(arrays, name, path, 1e6) for name in ("v_template", "shapedirs", "J_regressor")
    )
    if template.ndim != 2 or template.shape[1] != 3 or shapes.ndim != 3 or shapes.shape[:2] != template.shape:
        raise BadClip(f"v_template {template.shape} and shapedirs {shapes.shape} do not fit together", path=path)
    if regressor.shape not in [(joints, len(template)) for joints in _JOINTS]:
        raise BadClip(f"J_regressor must have 24, 52 or 55 rows for {len(template)} vertices", path=path)
    return SmplModel(template, shapes[..., :SHAPES], regressor)


def smpl_vertices(path: Path | str, clip: Clip, betas: Array | None = None) -> Array:
    """The body of a model file in every frame of a clip: vertices `(T, V, 3)` m, float32, by the package smplx.

    Its pelvis is where the clip's is. smplx is under its own licence, for non-commercial research.

    Args:
        path: `.npz` or `.pkl`.
        clip: On the canonical joints.
        betas: `(N,)` the body's shape; by default the mean one.

    Raises:
        BadClip: As `read_smpl_model`, or the clip has other joints.
        ModelUnavailable: smplx or torch is not installed.
    """
    try:
        import torch
        from smplx.lbs import lbs
    except ModuleNotFoundError as error:
        raise ModelUnavailable(f"{error}: pip install 'motion-engine[smpl]'") from None
    model = read_smpl_model(path)
    if clip.skeleton.names != canonical_skeleton().names:
        raise BadClip("a body model moves on the canonical joints only; retarget first")
    arrays = _arrays(path, ("posedirs", "weights"))
    directions, weights = (finite(arrays, name, path, 1e6) for name in ("posedirs", "weights"))
    joints, vertices = model.regressor.shape
    if directions.shape != (vertices, 3, 9 * (joints - 1)) or weights.shape != (vertices, joints):
        raise BadClip(f"posedirs {directions.shape} and weights {weights.shape} do not fit the template", path=path)
    count = model.shapes.shape[2]
    shape = np.zeros(count) if betas is None else np.pad(betas[:count], (0, max(0, count - len(betas))))
    pose = to_pose(clip.rotation.astype(np.float64), joints)
    shared = (model.template, model.shapes, directions.reshape(3 * vertices, -1).T, model.regressor, weights)
    template, shapes, corrections, regressor, skin = (torch.tensor(a, dtype=torch.float32) for a in shared)
    tree = torch.tensor(_parents(joints))
    moved = (clip.root_position - model.rest_joints(shape)[0]).astype(np.float32)[:, None]
    body = np.empty((len(clip), vertices, 3), dtype=np.float32)
    for first in range(0, len(clip), _BATCH):
        part = slice(first, first + _BATCH)
        turns = torch.tensor(pose[part], dtype=torch.float32)
        betas_each = torch.tensor(shape, dtype=torch.float32).expand(len(turns), -1)
        with torch.no_grad():
            posed, _ = lbs(betas_each, turns, template, shapes, corrections, regressor, tree, skin)
        body[part] = posed.numpy() + moved[part]
    return body


def to_pose(rotation: Array, joints: int) -> Array:
    """The canonical rotations `(T, 52, 4)` as axis-angles `(T, joints * 3)` in the order of 22, 24, 52 or 55 joints."""
    vectors = quat.to_rotvec(rotation)
    pose = np.zeros((len(rotation), joints, 3))
    pose[:, :BODY] = vectors[:, :BODY]
    if joints in HANDS:
        pose[:, HANDS[joints] :] = vectors[:, BODY:]
    return pose.reshape(len(rotation), -1)


def _parents(joints: int) -> list[int]:
    """The tree of SMPL (two hands after the body), SMPL-H, or SMPL-X (jaw and eyes after the body)."""
    canonical = canonical_skeleton().parents
    if joints == 24:
        return [*canonical[:BODY], 20, 21]
    shift = HANDS[joints] - BODY
    fingers = [parent + shift if parent >= BODY else parent for parent in canonical[BODY:]]
    return [*canonical[:BODY], *[15] * shift, *fingers]


def _arrays(path: Path | str, names: tuple[str, ...]) -> dict[str, Array]:
    """The arrays of these names in a model file of either kind."""
    try:
        size = Path(path).stat().st_size
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    if size > LARGEST_MODEL:
        raise BadClip(f"has {size >> 20} MB, {LARGEST_MODEL >> 20} are allowed: not a body model", path=path)
    if Path(path).suffix.lower() == ".pkl":
        content = read_pickled(path)
        return {name: array_of(content[name], name, path) for name in names if name in content}
    return read_arrays(path, names, LARGEST_MODEL)
