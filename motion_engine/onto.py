"""A canonical clip onto any humanoid's skeleton: what `retarget` does, backwards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from motion_engine import quat
from motion_engine.axes import UP, middle, swing_end
from motion_engine.errors import BadClip
from motion_engine.humanoid import SIDES, ancestors
from motion_engine.kinematics import fk, to_local
from motion_engine.retarget import SPINE, by_name, is_canonical
from motion_engine.rig import Rig, read_rig
from motion_engine.support import lift, reach, weights
from motion_engine.types import Array, Clip, canonical_skeleton


def onto(clip: Clip, source: Clip, rig: Rig | None = None) -> Clip:
    """A canonical clip on the skeleton of another file: what `retarget` does, backwards.

    Joints that the canonical skeleton lacks (twist bones, props) stay as they usually are in `source`, spine bones bend
    with their neighbours. Up is the file's, forward is where +Z comes to; the frame rate is the clip's.

    Args:
        clip: On the canonical skeleton.
        source: A clip of the file, as its reader gives it; one frame in a rest pose is enough.
        rig: How the file's skeleton lies; by default it is found out from `source`.

    Raises:
        BadClip: `clip` is not on the canonical skeleton, or `source` is not a humanoid.
    """
    if not is_canonical(clip.skeleton):
        raise BadClip("only clips on the canonical skeleton can be put onto another one; retarget it first")
    rig = rig or read_rig(source)
    target, skeleton = canonical_skeleton(), rig.skeleton
    position, full = fk(target, clip.root_position.astype(np.float64), clip.rotation.astype(np.float64))
    ours, body = by_name(target, position), by_name(target, full)
    # 1. The spine, bent so that the neck is over the hips where it is in the clip.
    lowest = _lowest_of_spine(rig)
    if lowest is not None and rig.neck is not None:
        theirs = quat.rotate(rig.upright, _standing_at_origin(rig, _source_world(rig, body, source)))
        hips = (theirs[:, rig.joints["left_hip"]] + theirs[:, rig.joints["right_hip"]]) / 2
        fixed, moving = theirs[:, lowest] - hips, theirs[:, rig.neck] - theirs[:, lowest]
        bend = quat.between(moving, swing_end(fixed, moving, ours["neck"] - middle(ours, "hip")))
        body |= {name: quat.mul(bend, body[name]) for name in SPINE}
    # 2. The legs, spread or closed back.
    points = rig.points(_standing_at_origin(rig, _source_world(rig, body, source)))
    for side in SIDES:
        wider = rig.ratio * (points[f"{side}_hip"] - middle(points, "hip"))
        wider = wider - (ours[f"{side}_hip"] - middle(ours, "hip"))
        leg = ours[f"{side}_ankle"] - ours[f"{side}_hip"]
        back = quat.between(leg, swing_end(wider, leg, leg))
        for part in ("hip", "knee"):
            body[f"{side}_{part}"] = quat.mul(back, body[f"{side}_{part}"])
    # 3. The root, from where the hips shall be, raised or lowered so that hands that bear the body do so.
    world = _source_world(rig, body, source)
    points = {name: rig.ratio * path for name, path in rig.points(_standing_at_origin(rig, world)).items()}
    root = middle(ours, "hip") - middle(points, "hip")
    weight = {name: w for name, w in weights(ours).items() if name in points}
    raised = lift(ours, {name: points[name] + root for name in weight}, weight)
    root = root + raised[:, None] * UP
    body = reach(body, {name: path + root for name, path in points.items()}, raised, ours, weight, clip.fps)
    world = _source_world(rig, body, source)
    root = quat.rotate(quat.inv(rig.upright), root / rig.ratio)
    return Clip(skeleton, clip.fps, root, quat.unroll(to_local(skeleton, world)), clip.contacts)


def _lowest_of_spine(rig: Rig) -> int | None:
    """The source joint from which the spine bends; None if the arms hang on the pelvis itself."""
    below = ancestors(rig.skeleton, rig.joints["pelvis"])
    spine = [joint for joint in ancestors(rig.skeleton, rig.joints["spine3"]) if joint not in below]
    return spine[-1] if spine else None


def _source_world(rig: Rig, body: dict[str, Array], source: Clip) -> Array:
    """World rotations `(T, J, 4)` of the source's joints from the canonical ones."""
    down, skeleton = quat.inv(rig.upright), rig.skeleton
    own = {joint: name for name, joint in rig.joints.items()}
    usual = _usual(source)
    between = _trunk_shares(rig)
    above = set(ancestors(skeleton, rig.joints["pelvis"])[1:])
    world = np.empty((len(body["pelvis"]), len(skeleton.names), 4))
    for joint, parent in enumerate(skeleton.parents):
        if joint in own:
            world[:, joint] = quat.mul(quat.mul(down, body[own[joint]]), quat.inv(rig.axes[own[joint]]))
        elif joint in between:
            low, high, share = between[joint]
            bend = quat.scale(quat.mul(quat.inv(body[low]), body[high]), share)
            world[:, joint] = quat.mul(quat.mul(down, quat.mul(body[low], bend)), quat.inv(rig.axes[low]))
        elif joint in above and _moves(source, joint):
            pelvis = quat.mul(quat.mul(down, body["pelvis"]), quat.inv(rig.axes["pelvis"]))
            world[:, joint] = pelvis
        elif parent < 0:
            world[:, joint] = usual[joint]
        else:
            world[:, joint] = quat.mul(world[:, parent], usual[joint])
    return world


def _standing_at_origin(rig: Rig, world: Array) -> Array:
    """Positions `(T, J, 3)` in the file's axes, if the source's root were at the origin."""
    position, _ = fk(rig.skeleton, np.zeros((len(world), 3)), to_local(rig.skeleton, world))
    return position


def _usual(source: Clip) -> Array:
    """The mean local rotation `(J, 4)` of each joint in a clip."""
    q = source.rotation.astype(np.float64)
    moments = np.einsum("tji,tjk->jik", q, q)
    mean: Array = np.linalg.eigh(moments)[1][..., -1]
    return mean


def _moves(source: Clip, joint: int) -> bool:
    q = source.rotation[:, joint].astype(np.float64)
    return bool(quat.angle_between(q, q[:1]).max() > np.radians(1.0))


def _trunk_shares(rig: Rig) -> dict[int, tuple[str, str, float]]:
    """For joints of spine and neck that have no canonical one: between which two they are, and how far up."""
    own = {joint: name for name, joint in rig.joints.items()}
    chain = ancestors(rig.skeleton, rig.joints["head"])[::-1]
    known = [i for i, joint in enumerate(chain) if joint in own]
    shares = {}
    for a, b in pairwise(known):
        for i in range(a + 1, b):
            shares[chain[i]] = (own[chain[a]], own[chain[b]], (i - a) / (b - a))
    return shares
