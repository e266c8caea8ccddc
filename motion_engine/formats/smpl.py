"""SMPL motions: AMASS-layout npz, axis-angle; AMASS has +Z up, others +Y.

SMPL's `trans` is not where the pelvis is: the template's pelvis rests at J0 and does not move under pose, in whatever
world, so that pelvis = J0 + trans. Without a body model J0 is that of the neutral body of the layout; with +Z up it
moves the body along the floor only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.files import whole_file
from motion_engine.formats.npz import finite, read_arrays
from motion_engine.formats.numbers import FARTHEST
from motion_engine.formats.smpl_model import BODY, HANDS, SmplModel, read_smpl_model, to_pose
from motion_engine.types import LONGEST_FRAME, SHORTEST_FRAME, Array, Clip, canonical_skeleton

LARGEST_ARRAY = 1 << 28  # bytes: half an hour of 120 frames a second
LARGEST_ANGLE = 1e3  # radians; a rotation of more is none
LAYOUTS = (22, 24, 52, 55)  # joints: body, SMPL, SMPL-H, SMPL-X
_PELVIS = {  # m, J0 of the neutral bodies, in SMPL's own axes (+Y up)
    "smpl": np.array([-0.00179506, -0.22333382, 0.02821918]),
    "smplx": np.array([0.00312326, -0.35140747, 0.01203655]),
}
_RATES = ("mocap_framerate", "mocap_frame_rate", "framerate", "frame_rate", "fps")
_Y_TO_Z_UP = quat.from_rotvec(np.array([np.pi / 2, 0.0, 0.0]))


def write_smpl(path: Path | str, clip: Clip, *, joints: int = 52) -> None:
    """Writes `poses (T, joints * 3)`, `trans (T, 3)`, `betas (16)`, `gender`, `mocap_framerate` as AMASS does.

    The world is turned from our +Y up to AMASS' +Z up: x stays, z becomes -y. The body is the mean neutral one; it has
    bones of other lengths than our skeleton, so its hands and feet are elsewhere than ours by some centimetres.

    Args:
        path: The file to write; it appears whole or not at all.
        clip: On the canonical skeleton.
        joints: 22 (body), 24 (SMPL), 52 (SMPL-H, with fingers) or 55 (SMPL-X; jaw and eyes at rest).

    Raises:
        BadClip: The clip is not on the canonical skeleton, not finite, or the number of joints unknown.
        BadMedia: The file cannot be written.
    """
    if clip.skeleton.names != canonical_skeleton().names:
        raise BadClip("only clips on the canonical skeleton can be written as SMPL; retarget first", path=path)
    if joints not in LAYOUTS:
        raise BadClip(f"{joints} joints are no SMPL layout; use one of {', '.join(map(str, LAYOUTS))}", path=path)
    if not (np.isfinite(clip.root_position).all() and np.isfinite(clip.rotation).all()):
        raise BadClip("the clip has values that are not finite", path=path)
    rotation = clip.rotation.astype(np.float64)
    rotation[:, 0] = quat.mul(_Y_TO_Z_UP, rotation[:, 0])
    pelvis = quat.rotate(_Y_TO_Z_UP, clip.root_position.astype(np.float64))
    rate = np.array(float(clip.fps))
    arrays: dict[str, Any] = {
        "poses": to_pose(quat.normalize(rotation), joints),
        "trans": pelvis - _template_pelvis(joints),
        "betas": np.zeros(16),
        "gender": np.array("neutral"),
        "mocap_framerate": rate,
    }
    if joints == 55:  # as the SMPL-X release of AMASS names them
        arrays |= {"mocap_frame_rate": rate, "surface_model_type": np.array("smplx")}
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def read_smpl(
    path: Path | str, *, model: SmplModel | Path | str | None = None, up: Literal["y", "z"] | None = None
) -> Clip:
    """An SMPL, SMPL-H or SMPL-X npz on the canonical joints, +Y up.

    `poses` may have 66 or 72 (body), 156 (with hands) or 165 numbers (with jaw and eyes, which are dropped) a frame.
    A world with +Z up, as AMASS has it, is turned to ours: x stays, y becomes -z.

    Args:
        path: The file.
        model: A body model or its file: the skeleton then has the bone lengths of the file's `betas`, and the pelvis is
            exactly where that body has it. Without one the bones are ours and the betas unused.
        up: Which axis is up in the file; None: seen in the motion, the one along which the body's own up points on
            average. Say it for somebody who lies all the time.

    Raises:
        BadClip: With path and reason.
    """
    arrays = read_arrays(path, ("poses", "trans", "betas", *_RATES), LARGEST_ARRAY)
    poses, trans = finite(arrays, "poses", path, LARGEST_ANGLE), finite(arrays, "trans", path, FARTHEST)
    if poses.ndim == 3:
        poses = poses.reshape(len(poses), -1)
    if poses.ndim != 2 or poses.shape[1] not in [3 * joints for joints in LAYOUTS] or not len(poses):
        raise BadClip(f"poses must be (T, 66), (T, 72), (T, 156) or (T, 165), not {poses.shape}", path=path)
    if trans.shape != (len(poses), 3):
        raise BadClip(f"trans must be ({len(poses)}, 3), not {trans.shape}", path=path)
    fps, joints = _rate(arrays, path), poses.shape[1] // 3
    skeleton, pelvis = canonical_skeleton(), _template_pelvis(joints)
    if model is not None:
        model = model if isinstance(model, SmplModel) else read_smpl_model(model)
        betas = finite(arrays, "betas", path, 1e3).reshape(-1) if "betas" in arrays else np.zeros(0)
        skeleton = model.skeleton(betas)
        pelvis = skeleton.offsets[0]
    rotation, root = _rotations(poses, joints), trans + pelvis
    if up == "z" or (up is None and _z_is_up(rotation[:, 0])):
        rotation[:, 0] = quat.mul(quat.inv(_Y_TO_Z_UP), rotation[:, 0])
        root = quat.rotate(quat.inv(_Y_TO_Z_UP), root)
    return Clip(skeleton, fps, root, quat.unroll(rotation), np.zeros((len(poses), 4), dtype=bool))


def _rotations(poses: Array, joints: int) -> Array:
    """The canonical rotations `(T, 52, 4)` of poses `(T, joints * 3)`; bodies without fingers get a relaxed hand."""
    source = quat.from_rotvec(poses.reshape(len(poses), joints, 3))
    rotation = np.empty((len(poses), len(canonical_skeleton().names), 4))
    rotation[:, :BODY] = source[:, :BODY]
    if joints in HANDS:
        rotation[:, BODY:] = source[:, HANDS[joints] :]
    else:
        from motion_engine.retarget import relaxed_hand

        rotation[:, BODY:] = relaxed_hand()
    return rotation


def _template_pelvis(joints: int) -> Array:
    return _PELVIS["smplx" if joints == 55 else "smpl"]


def _z_is_up(root: Array) -> bool:
    up = quat.rotate(root, np.array([0.0, 1.0, 0.0])).mean(axis=0)
    return bool(abs(up[2]) > abs(up[1]))


def _rate(arrays: dict[str, Array], path: Path | str) -> float:
    for name in _RATES:
        if name in arrays:
            value = finite(arrays, name, path).reshape(-1)
            if value.size != 1 or not SHORTEST_FRAME <= 1.0 / max(float(value[0]), 1e-9) <= LONGEST_FRAME:
                raise BadClip(f"{name} must be one number above 0, of frames a second", path=path)
            return float(value[0])
    raise BadClip(f"no frame rate: none of {', '.join(_RATES)}", path=path)
