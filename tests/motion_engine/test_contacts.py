from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from motion_engine import quat
from motion_engine.contacts import ground, label_contacts, lock_feet, runs
from motion_engine.kinematics import fk
from motion_engine.metrics import contact_slide, penetration


def test_runs() -> None:
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, dtype=bool)) == []


def test_standing_feet_are_contacts_and_fast_or_high_ones_are_not(make: Any) -> None:
    assert label_contacts(make.clip(30)).all()
    assert not label_contacts(make.clip(30, speed=3.0)).any()
    flying = replace(make.clip(30), root_position=make.clip(30).root_position + np.array([0, 0.3, 0]))
    assert not label_contacts(flying).any()


def test_ground_puts_a_floating_or_sunken_figure_on_the_floor(make: Any) -> None:
    for shift in (-0.2, 0.3):
        clip = make.clip(30)
        moved = replace(clip, root_position=clip.root_position + np.array([0, shift, 0]))
        assert abs(penetration(ground(moved))) < 1e-4


def test_lock_feet_stops_the_slide_of_a_standing_foot(make: Any) -> None:
    clip = replace(make.clip(15, speed=0.3), contacts=np.ones((15, 4), dtype=bool))
    assert contact_slide(clip) > 0.25
    locked = lock_feet(clip)
    assert contact_slide(locked) < 0.1
    assert np.array_equal(locked.root_position, clip.root_position)


def test_lock_feet_lifts_a_sole_out_of_the_floor(make: Any) -> None:
    clip = make.clip(10)
    sunken = replace(clip, root_position=clip.root_position - np.array([0, 0.05, 0]))
    assert penetration(sunken) > 0.04
    assert penetration(lock_feet(sunken)) < 0.005


def test_lock_feet_leaves_a_good_clip_alone(make: Any) -> None:
    clip = make.clip(30, arm=1.0)
    locked = lock_feet(clip)
    before, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    after, _ = fk(locked.skeleton, locked.root_position, locked.rotation)
    assert np.max(np.linalg.norm(before - after, axis=-1)) < 1e-4
    assert np.max(quat.angle_between(clip.rotation, locked.rotation)) < 1e-2
