"""Live motion of the real starter library."""

from __future__ import annotations

import math
import threading
import tracemalloc
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import numpy as np
import pytest

from action_library.library import Library
from motion_engine import metrics, quat
from motion_engine.compose import compose
from motion_engine.errors import BadCommand, LimitExceeded, UnknownAction
from motion_engine.kinematics import fk
from motion_engine.schedule import schedule
from motion_engine.stream import MotionStream, Pose
from motion_engine.stream_body import Inertia
from motion_engine.types import ActionCall, ActionInfo, Clip, Plan, Step, canonical_skeleton

SKELETON = canonical_skeleton()
FEET = [SKELETON.index(name) for name in ("left_ankle", "right_ankle")]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(tmp_path_factory.mktemp("stream") / "library.sqlite")


@pytest.fixture(scope="module")
def infos(library: Library) -> Mapping[str, ActionInfo]:
    return library.infos()


@pytest.fixture
def start(library: Library, infos: Mapping[str, ActionInfo]) -> Callable[..., MotionStream]:
    return lambda **options: MotionStream(infos, library.clip, **options)


def call(action: str, **stated: Any) -> ActionCall:
    return ActionCall(action, action, **stated)


def plan(*steps: ActionCall | tuple[ActionCall, ...]) -> Plan:
    return Plan("", "en", tuple(Step(s if isinstance(s, tuple) else (s,)) for s in steps))


def gather(poses: list[Pose], fps: float = 30.0) -> Clip:
    root, rotation = np.array([p.root_position for p in poses]), np.array([p.rotation for p in poses])
    return Clip(SKELETON, fps, root, rotation, np.array([p.contacts for p in poses]))


def shown(poses: list[Pose]) -> list[tuple[str, int]]:
    """The actions that move the body, and for how many frames each does."""
    found: list[tuple[str, int]] = []
    for pose in poses:
        if found and found[-1][0] == pose.actions[0]:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((pose.actions[0], 1))
    return found


def test_who_is_asked_nothing_stands_and_does_not_creep(start: Callable[..., MotionStream]) -> None:
    poses = list(islice(start(), 0, 20_000, 50))
    clip = gather(poses)
    feet = fk(SKELETON, clip.root_position, clip.rotation)[0][:, FEET]
    assert np.ptp(feet[2:, :, [0, 2]], axis=0).max() < 0.002
    assert (
        np.linalg.norm(clip.root_position[-100:, [0, 2]].mean(axis=0) - clip.root_position[:100, [0, 2]].mean(0)) < 0.01
    )
    assert np.ptp(quat.heading(clip.rotation[:, 0])) < 0.1
    assert np.ptp(clip.rotation[:, SKELETON.index("spine2")], axis=0).max() > 1e-4  # it breathes
    assert poses[-1].frame == 19_950
    assert poses[-1].actions == ("idle",)


def test_a_plan_begins_in_the_next_frame_and_lasts_as_scheduled(start: Callable[..., MotionStream]) -> None:
    stream = start()
    before = [stream.step() for _ in range(20)]
    cue = stream.play(plan(call("wave", repetitions=2), call("walk", duration=2.5), call("jump")))
    poses = [stream.step() for _ in range(300)]
    assert cue.frame == poses[0].frame == before[-1].frame + 1
    frames = [(s.action, round((s.end - s.start) * 30)) for s in cue.timeline.segments]
    assert shown(poses)[:3] == frames
    assert shown(poses)[3][0] == "idle"
    assert poses[0].phrases == ("wave",)
    assert poses[-1].phrases == ("",)


@pytest.mark.parametrize(
    "asked",
    [
        call("wave", repetitions=4),
        call("wave", side="left"),
        call("wave", side="both"),
        call("clap", repetitions=3, speed=1.5),
        call("jump", repetitions=2),
        call("point", direction="left"),
        call("bow", duration=5.0),
    ],
    ids=str,
)
def test_it_shows_what_composing_beforehand_shows(
    start: Callable[..., MotionStream], library: Library, infos: Mapping[str, ActionInfo], asked: ActionCall
) -> None:
    timeline = schedule(plan(asked), infos)
    whole = compose(timeline, {asked.action: library.clip(asked.action)}, infos).clip
    stream = start()
    cue = stream.play(plan(asked))
    clip = gather([stream.step() for _ in range(len(whole))])
    assert cue.timeline == timeline
    apart = np.degrees(quat.angle_between(clip.rotation.astype(float), whole.rotation.astype(float)))[:, 1:22]
    assert np.median(apart.max(axis=1)) < 1.0
    moved = [c.root_position[-1] - c.root_position[0] for c in (clip, whole)]
    assert np.allclose(moved[0], moved[1], atol=0.03)


@pytest.mark.parametrize(
    ("before", "asked", "metres", "share"),
    [
        ("idle", call("walk", distance=2.0), 2.0, 0.02),
        ("idle", call("walk", distance=7.0, direction="backward"), 7.0, 0.02),
        ("idle", call("run", distance=15.0), 15.0, 0.02),
        ("idle", call("jump", distance=1.2), 1.2, 0.02),
        ("run", call("walk", distance=2.0), 2.0, 0.06),  # the run carries on for nearly half of the way
        ("run", call("walk", distance=7.0), 7.0, 0.02),
        ("walk", call("run", distance=15.0), 15.0, 0.02),
    ],
    ids=str,
)
def test_distances_are_kept(
    start: Callable[..., MotionStream], before: str, asked: ActionCall, metres: float, share: float
) -> None:
    stream = start()
    stream.play(plan(call(before)))
    first = [stream.step() for _ in range(47)][-1]
    cue = stream.play(plan(asked))
    last = [stream.step() for _ in range(round(cue.timeline.duration * 30))][-1]
    way = np.linalg.norm((last.root_position - first.root_position)[[0, 2]])
    assert way == pytest.approx(metres, rel=share)


@pytest.mark.parametrize(("degrees", "way"), [(45.0, "left"), (90.0, "right"), (180.0, "left"), (360.0, "right")])
@pytest.mark.parametrize("before", ["idle", "run"])
def test_turns_are_kept(start: Callable[..., MotionStream], degrees: float, way: str, before: str) -> None:
    stream = start()
    stream.play(plan(call(before)))
    for _ in range(40):
        stream.step()
    cue = stream.play(plan(call("turn", degrees=degrees, direction=way)))
    poses = [stream.step() for _ in range(round(cue.timeline.duration * 30) + 60)]
    turned = np.unwrap([float(quat.heading(p.rotation[0])) for p in poses])[-1]
    missing = math.remainder(turned - math.radians(degrees if way == "left" else -degrees), 2 * math.pi)
    assert abs(math.degrees(missing)) < (1.0 if before == "idle" else 4.0)  # a runner's hips swing as he leaves


def test_layers_keep_the_legs_and_play_at_their_own_tempo(start: Callable[..., MotionStream]) -> None:
    plain, both = start(), start()
    cue = both.play(plan((call("run", duration=4.0), call("wave", side="left"))))
    plain.play(plan(call("run", duration=4.0)))
    a, b = gather([plain.step() for _ in range(150)]), gather([both.step() for _ in range(150)])
    assert np.array_equal(a.root_position, b.root_position)
    legs = [i for i, n in enumerate(SKELETON.names) if n.endswith(("hip", "knee", "ankle", "foot"))]
    assert np.array_equal(a.rotation[:, legs], b.rotation[:, legs])
    left, right = SKELETON.index("left_shoulder"), SKELETON.index("right_shoulder")
    assert np.array_equal(a.rotation[:, right], b.rotation[:, right])
    wave = cue.timeline.segments[1]
    first, last = round(wave.start * 30), round(wave.end * 30)
    apart = quat.angle_between(a.rotation[:, left].astype(float), b.rotation[:, left].astype(float))
    assert apart[first + 10 : last - 10].max() > 1.0
    assert apart[: first + 1].max() < 1e-6
    assert apart[last:].max() < 1e-6
    assert metrics.joint_speed(b).max() < 1.2 * metrics.joint_speed(a).max()


def test_who_sits_stands_up_before_running_and_waves_sitting(start: Callable[..., MotionStream]) -> None:
    stream = start()
    stream.play(plan(call("sit")))
    poses = [stream.step() for _ in range(200)]
    assert [name for name, _ in shown(poses)] == ["sit", "sit_still"]
    stream.play(plan(call("wave")))
    assert stream.step().actions == ("sit_still",)
    poses = [stream.step() for _ in range(150)]
    assert ("sit_still", "wave") in {p.actions for p in poses}
    assert poses[-1].actions == ("sit_still",)
    cue = stream.play(plan(call("run", duration=2.0)))
    assert [s.action for s in cue.timeline.segments] == ["stand_up", "run"]
    assert cue.timeline.segments[1].end - cue.timeline.segments[1].start == pytest.approx(2.0)
    assert [name for name, _ in shown([stream.step() for _ in range(250)])] == ["stand_up", "run", "idle"]


def test_half_way_down_one_gets_up_from_there(start: Callable[..., MotionStream]) -> None:
    lengths, heights = [], []
    for frames in (15, 40, 100):
        stream = start()
        stream.play(plan(call("sit")))
        for _ in range(frames):
            pose = stream.step()
        cue = stream.play(plan(call("run", duration=2.0)))
        lengths.append(round(cue.timeline.duration - 2.0, 2))
        heights.append(pose.root_position[1])
        assert stream.step().actions == (cue.timeline.segments[0].action,)
        assert cue.timeline.segments[0].start == 0.0
        assert cue.timeline.segments[-1].end == cue.timeline.duration
    assert lengths[0] == 0.0  # hardly bent yet: runs at once
    assert lengths[0] < lengths[1] < lengths[2]
    assert heights[0] > heights[1] > heights[2]


@pytest.mark.parametrize("action", ["jump", "backflip", "roll", "lie_face_down"])
def test_nobody_is_stopped_in_the_air(start: Callable[..., MotionStream], action: str) -> None:
    waits = []
    for frames in range(5, 50, 3):
        stream = start()
        stream.play(plan(call(action)))
        for _ in range(frames):
            stream.step()
        cue = stream.play(plan(call("wave")))
        waits.append(cue.frame - frames)
        poses = [stream.step() for _ in range(cue.frame - frames + 1)]
        assert poses[-1].actions == (cue.timeline.segments[0].action,)
        assert all(p.actions == (action,) for p in poses[:-1])
        if action in ("jump", "backflip"):  # a foot is down
            assert metrics.penetration(gather(poses[-1:])) > -0.05
    assert min(waits) == 0
    assert 3 < max(waits) <= 30


def test_next_and_end_wait_for_their_turn(start: Callable[..., MotionStream]) -> None:
    stream = start()
    stream.play(plan(call("wave"), call("bow")))
    for _ in range(10):
        stream.step()
    last = stream.play(plan(call("nod")), when="end")
    order = shown([stream.step() for _ in range(last.frame - 10 + 80)])
    assert [name for name, _ in order] == ["wave", "bow", "nod", "idle"]
    assert last.frame == 10 + order[0][1] + order[1][1]
    stream.play(plan(call("wave"), call("bow")))
    stream.step()
    following = stream.play(plan(call("nod")), when="next")
    order = shown([stream.step() for _ in range(300)])
    assert [name for name, _ in order] == ["wave", "nod", "idle"]
    assert following.timeline.segments[0].start == 0.0
    with pytest.raises(BadCommand, match="later"):
        stream.play(plan(call("nod")), when="later")  # type: ignore[arg-type]


def test_stop_comes_to_rest(start: Callable[..., MotionStream]) -> None:
    stream = start()
    stream.play(plan(call("run", duration=3000.0)))
    for _ in range(50):
        stream.step()
    assert stream.stop() == 50
    poses = [stream.step() for _ in range(120)]
    assert {p.actions for p in poses} == {("idle",)}
    clip = gather(poses)
    assert metrics.joint_speed(clip)[60:].max() < 0.2
    assert np.linalg.norm(clip.root_position[-1] - clip.root_position[0]) < 2.5
    assert metrics.penetration(clip) < 0.01


def test_what_cannot_be_performed_changes_nothing_and_equal_calls_give_equal_frames(
    start: Callable[..., MotionStream],
) -> None:
    one, other = start(), start()
    for stream in (one, other):
        stream.play(plan(call("walk", duration=4.0), call("wave")))
        for _ in range(30):
            stream.step()
    with pytest.raises(UnknownAction):
        one.play(plan(call("fly")))
    with pytest.raises(BadCommand):
        one.play(Plan("", "en", ()))
    with pytest.raises(BadCommand):
        one.play(plan(call("wave", distance=3.0)))
    with pytest.raises(LimitExceeded):
        one.play(plan(call("walk", duration=4000.0)), when="end")
    for _ in range(200):
        a, b = one.step(), other.step()
        assert np.array_equal(a.rotation, b.rotation)
        assert np.array_equal(a.root_position, b.root_position)
        assert (a.frame, a.actions) == (b.frame, b.actions)


def test_a_library_without_a_clip_is_refused_before_anything_changes(
    infos: Mapping[str, ActionInfo], library: Library
) -> None:
    stream = MotionStream(infos, {"idle": library.clip("idle")})
    with pytest.raises(UnknownAction, match="wave"):
        stream.play(plan(call("wave")))
    assert stream.step().actions == ("idle",)
    with pytest.raises(UnknownAction, match="rest"):
        MotionStream(infos, library.clip, idle="rest")
    with pytest.raises(BadCommand, match="frames per second"):
        MotionStream(infos, library.clip, fps=0.0)


UNHURRIED = 2.5  # m/s, of a hand that goes elsewhere while both actions are slow


def test_interrupts_are_smooth_and_feet_stay_on_the_floor(
    start: Callable[..., MotionStream], library: Library, infos: Mapping[str, ActionInfo]
) -> None:
    names = sorted(infos)
    own = {name: metrics.joint_speed(library.clip(name)).max() for name in names}
    random, stream = np.random.default_rng(1), start()
    poses: list[Pose] = []
    cuts = []
    for _ in range(120):
        poses += [stream.step() for _ in range(int(random.integers(12, 75)))]
        cuts.append(stream.play(plan(call(str(random.choice(names))))).frame)
    poses += [stream.step() for _ in range(60)]
    clip = gather(poses)
    speed = metrics.joint_speed(clip).max(axis=-1)
    shares = []
    for cut in cuts:
        playing = {name for p in poses[max(0, cut - 30) : cut + 24] for name in p.actions}
        usual = max(UNHURRIED, *(own[name] for name in playing))
        shares.append(speed[max(0, cut - 1) : cut + 24].max() / usual)
    assert np.percentile(shares, 90) <= 1.2
    assert metrics.penetration(clip) < 0.01
    assert metrics.contact_slide(clip) < 0.05
    assert np.allclose(np.linalg.norm(clip.rotation, axis=-1), 1.0, atol=1e-5)
    assert np.all(np.sum(clip.rotation[1:] * clip.rotation[:-1], axis=-1) > 0.0)


def test_a_command_in_every_frame_does_no_harm(start: Callable[..., MotionStream]) -> None:
    stream, random = start(), np.random.default_rng(3)
    names = ["run", "walk", "wave", "sit", "jump", "kick", "turn", "bow", "cheer", "kneel"]
    poses = [stream.step() for _ in range(30)]
    for _ in range(300):
        stream.play(plan(call(str(random.choice(names)))))
        poses.append(stream.step())
    poses += [stream.step() for _ in range(300)]
    clip = gather(poses)
    assert np.isfinite(clip.rotation).all()
    assert np.isfinite(clip.root_position).all()
    assert metrics.joint_speed(clip).max() < 13.0
    assert metrics.penetration(clip) < 0.02
    assert poses[-1].actions[0] in ("idle", "sit_still", "kneel_still")


def test_the_same_motion_at_any_frame_rate(start: Callable[..., MotionStream]) -> None:
    paths = {}
    for fps in (24.0, 30.0, 60.0):
        stream, poses = start(fps=fps), []
        for second in range(9):
            asked = {1: plan(call("walk", distance=3.0)), 3: plan(call("turn", degrees=90.0)), 5: plan(call("run"))}
            if second in asked:
                stream.play(asked[second])
            poses += [stream.step() for _ in range(round(fps))]
        clip = gather(poses, fps)
        paths[fps] = clip.root_position[:: round(fps) // 2]
        assert metrics.penetration(clip) < 0.01
    for fps in (24.0, 60.0):
        assert np.abs(paths[fps] - paths[30.0]).max() < 0.25


def test_playback_speed_changes_the_tempo_and_nothing_else(start: Callable[..., MotionStream]) -> None:
    normal, fast = start(), start()
    for stream in (normal, fast):
        stream.play(plan(call("walk", distance=3.0), call("wave")))
    fast.speed = 2.0
    a, b = [normal.step() for _ in range(161)], [fast.step() for _ in range(81)]
    fast_clip, normal_clip = gather(b), gather(a[::2])
    assert np.abs(fast_clip.root_position - normal_clip.root_position).max() < 0.05
    assert [name for name, _ in shown(b)] == ["walk", "wave"]
    fast.speed = 0.0
    held = [fast.step() for _ in range(5)]
    assert all(np.allclose(p.rotation, held[1].rotation, atol=1e-9) for p in held[1:])
    assert [p.frame for p in held] == list(range(81, 86))
    fast.play(plan(call("run")))
    fast.speed = 0.5
    moving = [fast.step() for _ in range(30)]
    assert moving[-1].actions == ("run",)
    for wrong in (-1.0, 10.0, math.nan):
        with pytest.raises(BadCommand, match="played at"):
            fast.speed = wrong


def test_hours_of_commands_take_no_memory(start: Callable[..., MotionStream], infos: Mapping[str, ActionInfo]) -> None:
    stream, names = start(), sorted(infos)

    def perform(frames: int) -> None:
        for frame in range(frames):
            if frame % 20 == 0:
                stream.play(plan(call(names[frame // 20 % len(names)])), when="now" if frame % 3 else "end")
                stream.stop()
                stream.play(plan(call(names[frame // 20 % len(names)])))
            stream.step()

    perform(20 * len(names))  # every clip has been prepared
    tracemalloc.start()
    perform(200)
    before = tracemalloc.get_traced_memory()[0]
    perform(2000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 300_000


def test_a_command_costs_the_same_for_an_hour(start: Callable[..., MotionStream]) -> None:
    stream = start()
    stream.step()
    stream.play(plan(call("run")))
    stream.step()
    sizes = []
    for seconds in (3.0, 3500.0):
        tracemalloc.start()
        stream.play(plan(call("run", duration=seconds)))
        stream.step()
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sizes[1] < 1.2 * sizes[0] + 10_000


def test_other_threads_may_command(start: Callable[..., MotionStream]) -> None:
    stream, failed = start(), []
    asked = [plan(call(name)) for name in ("run", "wave", "jump", "walk")]

    def command(which: int) -> None:
        try:
            for i in range(40):
                stream.play(asked[(which + i) % len(asked)], when="now" if i % 2 else "end")
                stream.speed = 1.0 + 0.1 * (i % 3)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=command, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    poses = [stream.step() for _ in range(400)]
    for thread in threads:
        thread.join()
    assert not failed
    assert [p.frame for p in poses] == list(range(400))
    assert np.isfinite(gather(poses).rotation).all()


def test_recentring_moves_the_body_and_its_feet_back(start: Callable[..., MotionStream]) -> None:
    one, other = start(), start()
    for stream in (one, other):
        stream.play(plan(call("run", duration=3.0), call("wave")))
        for _ in range(120):
            pose = stream.step()
    moved = np.array((*one.recentre(), 0.0))[[0, 2, 1]]
    assert np.allclose(pose.root_position[[0, 2]] + moved[[0, 2]], 0.0)
    for _ in range(60):
        a, b = one.step(), other.step()
        assert np.allclose(a.rotation, b.rotation, atol=1e-9)
        assert np.allclose(a.root_position, b.root_position + moved, atol=1e-9)


def test_an_offset_goes_with_its_speed_and_acceleration() -> None:
    state = np.array([[0.5, -1.0, 0.2]]), np.array([[1.0, 0.0, -2.0]]), np.array([[3.0, -4.0, 0.0]])
    decay = Inertia(10.0, 1000.0, state, np.array([0.6]), np.array([0.4]))
    values = np.array([decay.at(10.0 + i) for i in range(700)])[:, 0]
    assert np.allclose(values[0], state[0])
    assert np.allclose((values[1] - values[0]) * 1000, state[1], atol=0.02)
    assert np.allclose((values[2] - 2 * values[1] + values[0]) * 1e6, state[2], atol=0.5)
    assert np.allclose(decay.acceleration(10.0), state[2], atol=1e-9)
    middle = (values[301] - 2 * values[300] + values[299]) * 1e6
    assert np.allclose(decay.acceleration(310.0), middle, atol=1e-3)
    assert np.allclose(values[600:], 0.0, atol=1e-12)
    assert np.abs(np.diff(values, n=2, axis=0)).max() * 1e6 < 60.0
