from __future__ import annotations

import numpy as np
import pytest

from motion_engine.types import ActionCall, Clip, Plan, Skeleton, Step, canonical_skeleton


def test_plan_notation() -> None:
    plan = Plan(
        "",
        "en",
        (
            Step((ActionCall("walk", "walk", direction="left", distance=2.0),)),
            Step((ActionCall("wave", "wave", repetitions=2, speed=0.7),)),
            Step((ActionCall("run", "run"), ActionCall("clap", "clap", speed=1.4, duration=1.5))),
        ),
    )
    assert (
        str(plan)
        == "walk[direction=left,distance=2] > wave[repetitions=2,speed=slow] > run + clap[duration=1.5,speed=fast]"
    )


def test_canonical_skeleton_is_smplh_and_symmetric() -> None:
    skeleton = canonical_skeleton()
    assert len(skeleton.names) == 52
    assert skeleton.names[:4] == ("pelvis", "left_hip", "right_hip", "spine1")
    assert skeleton.names[20:23] == ("left_wrist", "right_wrist", "left_index1")
    for index, name in enumerate(skeleton.names):
        if name.startswith("left_"):
            twin = skeleton.index(name.replace("left", "right"))
            assert np.allclose(skeleton.offsets[index] * (-1, 1, 1), skeleton.offsets[twin])
            assert skeleton.offsets[index][0] > 0 or "ankle" in name


def test_the_skeleton_is_the_mannequins() -> None:
    from mannequin import Mannequin

    model = Mannequin("wooden", flat_hand_mean=True)
    rest = model.joint_transforms(model.rest_pose())[:, :3, 3]
    ours = canonical_skeleton()
    for name in ("Head", "Spine2", "L_Knee", "R_Elbow", "L_Index3"):
        index = ours.index(name.lower().replace("l_", "left_", 1).replace("r_", "right_", 1))
        position = ours.offsets[index].copy()
        parent = ours.parents[index]
        while parent >= 0:
            position += ours.offsets[parent]
            parent = ours.parents[parent]
        theirs = rest[model.joint_index(name)] - rest[0] + ours.offsets[0]
        assert np.linalg.norm(position - theirs) < 0.03, name  # the mannequin is not quite symmetric


def test_clips_are_write_protected_float32_copies() -> None:
    skeleton = Skeleton(("a",), (-1,), np.zeros((1, 3)))
    root = np.zeros((2, 3))
    clip = Clip(skeleton, 30.0, root, np.tile([1.0, 0, 0, 0], (2, 1, 1)), np.zeros((2, 4), dtype=bool))
    assert clip.root_position.dtype == np.float32
    assert clip.duration == pytest.approx(2 / 30)
    with pytest.raises(ValueError, match="read-only"):
        clip.root_position[0] = 1.0
    root[0] = 5.0
    assert clip.root_position[0, 0] == 0.0


def test_wrong_shapes_are_our_own_mistake() -> None:
    skeleton = Skeleton(("a",), (-1,), np.zeros((1, 3)))
    with pytest.raises(AssertionError, match="rotation must be"):
        Clip(skeleton, 30.0, np.zeros((2, 3)), np.zeros((2, 2, 4)), np.zeros((2, 4), dtype=bool))
    with pytest.raises(AssertionError):
        Skeleton(("a", "b"), (-1, 1), np.zeros((2, 3)))
