"""SMPL motions: AMASS-layout npz, SMPL-H order, axis-angle, +Z up.

SMPL's `trans` is not where the pelvis is: the template's pelvis rests at J0 and does not move under pose, so that
pelvis = J0 + trans. Readers and writers here use the J0 of the neutral SMPL-H body, so a real SMPL body stands on the
floor where our figure stands, as far as its legs are as long.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from motion_engine import quat
from motion_engine.errors import BadClip
from motion_engine.files import whole_file
from motion_engine.types import LONGEST_FRAME, SHORTEST_FRAME, Array, Clip, canonical_skeleton

LARGEST_ARRAY = 1 << 29  # bytes
TEMPLATE_PELVIS = np.array([0.0031, -0.3514, 0.0120])  # m, J0 in SMPL's own axes (+Y up)
BODY = 22  # joints that SMPL, SMPL-H and SMPL-X share
_HANDS = {52: 22, 55: 25}  # joints in a pose: the first joint of the left hand (SMPL-X has jaw and two eyes before it)
_RATES = ("mocap_framerate", "mocap_frame_rate", "framerate", "frame_rate", "fps")
_Y_TO_Z_UP = quat.from_rotvec(np.array([np.pi / 2, 0.0, 0.0]))


def write_smpl(path: Path | str, clip: Clip) -> None:
    """Writes `poses (T, 156)`, `trans (T, 3)`, `betas (16)`, `gender`, `mocap_framerate` as AMASS does, +Z up.

    Raises:
        BadClip: The clip is not on the canonical skeleton.
        BadMedia: The file cannot be written.
    """
    if clip.skeleton.names != canonical_skeleton().names:
        raise BadClip("only clips on the canonical skeleton can be written as SMPL; retarget first", path=path)
    rotation = clip.rotation.astype(np.float64)
    rotation[:, 0] = quat.mul(_Y_TO_Z_UP, rotation[:, 0])
    pelvis = quat.rotate(_Y_TO_Z_UP, clip.root_position.astype(np.float64))
    arrays = {
        "poses": quat.to_rotvec(rotation).reshape(len(clip), -1),
        "trans": pelvis - TEMPLATE_PELVIS,
        "betas": np.zeros(16),
        "gender": np.array("neutral"),
        "mocap_framerate": np.array(float(clip.fps)),
    }
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, **arrays)


def read_smpl(path: Path | str) -> Clip:
    """An SMPL, SMPL-H or SMPL-X npz on the canonical skeleton, +Y up; the body's shape is not used.

    `poses` may have 66 or 72 (body), 156 (with hands) or 165 numbers (with jaw and eyes, which are dropped) a frame.
    Which axis is up is seen in the motion: the world axis along which the body's own up points on average.

    Raises:
        BadClip: With path and reason.
    """
    data = _load(path)
    poses, trans = _array(data, "poses", path), _array(data, "trans", path)
    if poses.ndim == 3:
        poses = poses.reshape(len(poses), -1)
    if poses.ndim != 2 or poses.shape[1] not in (66, 72, 156, 165) or not len(poses):
        raise BadClip(f"poses must be (T, 66), (T, 72), (T, 156) or (T, 165), not {poses.shape}", path=path)
    if trans.shape != (len(poses), 3):
        raise BadClip(f"trans must be ({len(poses)}, 3), not {trans.shape}", path=path)
    fps = _rate(data, path)
    source = quat.from_rotvec(poses.reshape(len(poses), -1, 3))
    skeleton = canonical_skeleton()
    rotation = np.tile(quat.IDENTITY, (len(poses), len(skeleton.names), 1))
    rotation[:, :BODY] = source[:, :BODY]
    hands = _HANDS.get(source.shape[1])
    if hands is None:
        from motion_engine.retarget import relaxed_hand

        rotation[:, BODY:] = relaxed_hand()
    else:
        rotation[:, BODY:] = source[:, hands : hands + 30]
    pelvis = trans + TEMPLATE_PELVIS
    if _z_is_up(rotation[:, 0]):
        rotation[:, 0] = quat.mul(quat.inv(_Y_TO_Z_UP), rotation[:, 0])
        pelvis = quat.rotate(quat.inv(_Y_TO_Z_UP), pelvis)
    return Clip(skeleton, fps, pelvis, quat.unroll(rotation), np.zeros((len(poses), 4), dtype=bool))


def _z_is_up(root: Array) -> bool:
    up = quat.rotate(root, np.array([0.0, 1.0, 0.0])).mean(axis=0)
    return bool(abs(up[2]) > abs(up[1]))


def _load(path: Path | str) -> dict[str, Array]:
    try:
        file = np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise BadClip("not an npz file", path=path)
        with file:
            wanted = ("poses", "trans", *_RATES)
            assert file.zip is not None
            for entry in file.zip.infolist():
                if entry.file_size > LARGEST_ARRAY:
                    raise BadClip(
                        f"{entry.filename} unpacks to {entry.file_size >> 20} MB: split the motion", path=path
                    )
            return {name: file[name] for name in file.files if name in wanted}
    except OSError as error:
        raise BadClip(f"cannot be read: {error.strerror or error}", path=path) from error
    except MemoryError as error:
        raise BadClip("an array says that it is larger than the memory", path=path) from error
    except (ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadClip(f"not an npz file of plain arrays: {error}", path=path) from error


def _array(data: dict[str, Array], name: str, path: Path | str) -> Array:
    if name not in data:
        raise BadClip(f'no array "{name}": not an SMPL motion as AMASS writes it', path=path)
    if data[name].dtype.kind not in "fiu":
        raise BadClip(f"{name} does not hold numbers", path=path)
    array: Array = data[name].astype(np.float64)
    if not np.isfinite(array).all():
        raise BadClip(f"{name} has a value that is not finite", path=path)
    return array


def _rate(data: dict[str, Any], path: Path | str) -> float:
    for name in _RATES:
        if name in data:
            value = _array(data, name, path)
            if value.size != 1 or not SHORTEST_FRAME <= 1.0 / max(float(value.reshape(-1)[0]), 1e-9) <= LONGEST_FRAME:
                raise BadClip(f"{name} must be one number above 0, of frames a second", path=path)
            return float(value.reshape(-1)[0])
    raise BadClip(f"no frame rate: none of {', '.join(_RATES)}", path=path)
