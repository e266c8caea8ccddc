from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from animator import mannequin
from animator.camera import Camera, CameraPath, frame_clip
from animator.captions import Caption, font_for
from animator.figure import Kind, canonical_name, load_figure
from animator.mannequin import MannequinRenderer
from animator.shadow import HeightMap
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import Array, Clip, canonical_skeleton

SIZE = 160
FRONT = Camera((0.0, 0.9, 5.0), (0.0, 0.9, 0.0))
SKELETON = canonical_skeleton()


def clip_of(frames: int = 1, **turned: Array) -> Clip:
    rotation = np.tile(quat.IDENTITY, (frames, len(SKELETON.names), 1))
    for name, rotation_wxyz in turned.items():
        rotation[:, SKELETON.index(name)] = rotation_wxyz
    root = np.tile(SKELETON.offsets[0], (frames, 1))
    return Clip(SKELETON, 30.0, root, rotation, np.zeros((frames, 4), dtype=bool))


def moved(clip: Clip, by: tuple[float, float, float]) -> Clip:
    return Clip(clip.skeleton, clip.fps, clip.root_position + np.array(by), clip.rotation, clip.contacts)


@cache
def renderer(kind: Kind = "wooden") -> MannequinRenderer:
    return MannequinRenderer(kind, SIZE, SIZE)


def silhouette(picture: Array) -> Array:
    """Where the figure is: its wood and clay are warm, the stage is grey or bluish."""
    return picture[..., 0].astype(int) - picture[..., 2] > 18


def joints(clip: Clip, camera: Camera, *names: str) -> list[tuple[int, int]]:
    """Rows and columns of pixels."""
    position, _ = fk(clip.skeleton, clip.root_position, clip.rotation)
    points, _ = camera.project(position[0, [SKELETON.index(n) for n in names]], SIZE, SIZE)
    return [(int(y * SIZE), int(x * SIZE)) for x, y in points]


def one(clip: Clip, camera: Camera, kind: Kind = "wooden") -> Array:
    return next(renderer(kind).frames(clip, camera))


@pytest.mark.parametrize("kind", ["wooden", "convex"])
@pytest.mark.parametrize("azimuth", [0.0, 0.6, 2.0, 3.1])
def test_figure_is_where_the_camera_projects_its_joints(kind: Kind, azimuth: float) -> None:
    camera = Camera((5 * np.sin(azimuth), 1.2, 5 * np.cos(azimuth)), (0.0, 0.9, 0.0))
    down = {f"{side}_shoulder": quat.from_axis_angle("z", sign * 1.2) for side, sign in (("left", -1), ("right", 1))}
    clip = moved(clip_of(**down), (0.3, 0.0, -0.2))
    mask = silhouette(one(clip, camera, kind))
    for row, column in joints(clip, camera, "pelvis", "head", "left_knee", "right_knee", "left_elbow", "right_elbow"):
        assert mask[row, column]
    assert not mask[:, :20].any() and not mask[:8].any()


@pytest.mark.parametrize("kind", ["wooden", "convex"])
def test_mesh_follows_forward_kinematics(kind: Kind) -> None:
    figure, rng = load_figure(kind), np.random.default_rng(1)
    rotation = quat.from_rotvec(rng.normal(0, 0.4, (3, len(SKELETON.names), 3)))
    root = rng.normal(0, 1, (3, 3))
    position, world = fk(SKELETON, root, rotation)
    rest, _ = fk(SKELETON, SKELETON.offsets[:1], np.tile(quat.IDENTITY, (1, len(SKELETON.names), 1)))
    still, normals, _ = figure.pose(rest, np.tile(quat.IDENTITY, (1, len(SKELETON.names), 1)))
    posed, turned, _ = figure.pose(position, world)
    head = SKELETON.index("head")
    crown = int(np.argmax(still[0, :, 1]))  # moves with the head alone
    expected = position[:, head] + quat.rotate(world[:, head], still[0, crown].astype(float) - rest[0, head])
    np.testing.assert_allclose(posed[:, crown], expected, atol=1e-5)
    np.testing.assert_allclose(turned[:, crown], quat.rotate(world[:, head], normals[0, [crown] * 3]), atol=1e-5)
    assert abs(still[0, :, 1].min()) < 0.005  # soles on the floor
    np.testing.assert_allclose(np.linalg.norm(normals[0], axis=1), 1.0, atol=1e-4)


def test_faces_turn_outwards() -> None:
    for kind in ("wooden", "convex"):
        figure = load_figure(kind)
        clip = clip_of()
        vertices, normals, _ = (part[0] for part in figure.pose(*fk(SKELETON, clip.root_position, clip.rotation)))
        a, b, c = vertices[figure.faces]
        across = np.cross(b - a, c - a)
        assert np.einsum("ij,ij->", a, across) / 6 == pytest.approx(0.085, abs=0.025)  # m^3: positive, and a body's
        agree = np.einsum("ij,ij->i", across, normals[figure.faces[0]]) > 0
        assert agree[np.linalg.norm(across, axis=1) > 1e-6].mean() > 0.99


def test_nearer_limb_hides_the_farther_one() -> None:
    """Seen from the left the left arm lies before the chest; painted black, it shows; the right one does not."""
    side = Camera((5.0, 1.0, 0.0), (0.0, 1.0, 0.0))
    clip = clip_of(left_shoulder=quat.from_axis_angle("z", -1.35), right_shoulder=quat.from_axis_angle("z", 1.35))
    figure = load_figure("wooden")
    vertices, _, _ = figure.pose(*fk(SKELETON, clip.root_position, clip.rotation))
    points, depth = side.project(vertices[0], SIZE, SIZE)
    near = mannequin.nearness(depth, side)
    for sign, visible in ((1, True), (-1, False)):
        arm = (sign * vertices[0, :, 0] > 0.19) & (np.abs(vertices[0, :, 1] - 1.2) < 0.1)
        color = np.where(arm[:, None], 200.0, 20.0).astype(np.float32) * np.ones(3, np.float32)
        patch = mannequin.draw(points * SIZE, near, figure.faces, color, SIZE, SIZE)
        assert patch is not None and arm.sum() > 100
        assert bool((patch.color > 150).any()) is visible


def test_t_pose_is_symmetric() -> None:
    figure, clip = load_figure("wooden"), clip_of()
    vertices, _, _ = figure.pose(*fk(SKELETON, clip.root_position, clip.rotation))
    points, depth = FRONT.project(vertices[0], SIZE, SIZE)
    patch = mannequin.draw(points * SIZE, mannequin.nearness(depth, FRONT), figure.faces, figure.color, SIZE, SIZE)
    coverage = np.zeros((SIZE, SIZE))
    assert patch is not None
    height, width = patch.coverage.shape
    coverage[patch.top : patch.top + height, patch.left : patch.left + width] = patch.coverage
    assert coverage.sum() > 1500
    # the legs of the package's figure differ by some millimetres
    assert np.abs(coverage - coverage[:, ::-1]).sum() < 0.06 * coverage.sum()


def test_moving_the_root_moves_the_picture() -> None:
    still, shifted = (silhouette(one(moved(clip_of(), (x, 0, 0)), FRONT)) for x in (0.0, 0.4))
    (_, start), (_, end) = (joints(moved(clip_of(), (x, 0, 0)), FRONT, "pelvis")[0] for x in (0.0, 0.4))
    shift = np.argwhere(shifted)[:, 1].mean() - np.argwhere(still)[:, 1].mean()
    assert shift == pytest.approx(end - start, abs=1.0) and shift > 10


def test_feet_have_a_shadow_and_a_jump_takes_it_along_the_light() -> None:
    high = moved(clip_of(), (0.0, 1.2, 0.0))
    empty = one(moved(clip_of(), (0.0, 0.0, 40.0)), FRONT).astype(int)  # behind the camera
    darker = {}
    for name, clip in (("standing", clip_of()), ("high", high)):
        picture = one(clip, FRONT).astype(int)
        darker[name] = (empty - picture).sum(axis=-1) * ~silhouette(picture)
    (row, column), _ = joints(clip_of(), FRONT, "left_foot", "pelvis")
    near = (slice(row - 2, row + 6), slice(column - 6, column + 6))
    assert darker["standing"][near].max() > 60
    assert darker["high"][near].max() < 45


def test_grid_moves_under_a_following_camera() -> None:
    a, b = (np.array([x, 0.9, 5.0]) for x in (0.0, 0.1))
    aim = np.array([0.0, -0.5, -5.0])
    places = np.array([a, b, a + np.array([0.5, 0.0, 0.0])])
    path = CameraPath(places, places + aim)
    far = Clip(SKELETON, 30.0, np.tile((0.0, 0.0, 60.0), (3, 1)), clip_of(3).rotation, np.zeros((3, 4), dtype=bool))
    pictures = [picture.astype(int) for picture in renderer().frames(far, path)]
    assert np.abs(pictures[0] - pictures[1])[SIZE // 2 :].max() > 15
    # the grid repeats: half a metre on, only strong and weak lines have changed places
    assert np.abs(pictures[0] - pictures[2]).mean() < np.abs(pictures[0] - pictures[1]).mean()


def test_orthographic_camera_draws_a_figure_of_true_size() -> None:
    camera = Camera((0.0, 1.0, 5.0), (0.0, 1.0, 0.0), ortho_height=2.5)
    rows = np.flatnonzero(silhouette(one(clip_of(), camera)).any(axis=1))
    assert (rows[-1] - rows[0] + 1) / SIZE * 2.5 == pytest.approx(1.72, abs=0.05)


def test_frames_are_drawn_one_by_one_with_default_cameras_and_captions() -> None:
    clip = clip_of(3)
    frames = list(renderer("convex").frames(clip, captions=["walk", "", "挥手"]))
    assert [(f.shape, f.dtype) for f in frames] == [((SIZE, SIZE, 3), np.uint8)] * 3
    changed = np.argwhere((frames[0] != frames[1]).any(axis=-1))
    assert len(changed) > 100 and changed[:, 0].min() > 0.8 * SIZE  # the caption stands at the foot
    centre = changed[:, 1].min() + changed[:, 1].max()
    assert abs(centre / 2 - SIZE / 2) <= 1.5
    position, _ = fk(SKELETON, clip.root_position, clip.rotation)
    path = frame_clip(position, SIZE, SIZE, fps=30.0)
    np.testing.assert_array_equal(next(renderer("convex").frames(clip, path)), frames[1])


def test_caption_fits_and_never_fails() -> None:
    caption = Caption(120, 90)
    for text in ("", " ", "x" * 300, "走路", "walk 走路", "emoji \U0001f600"):
        picture = np.full((90, 120, 3), 255, np.uint8)
        caption.write(picture, text)
        assert picture.shape == (90, 120, 3)
        assert (picture[:, 0] == 255).all() and (picture[:, -1] == 255).all()
    tiny = np.zeros((8, 8, 3), np.uint8)
    Caption(8, 8).write(tiny, "walk")
    assert not tiny.any()
    assert font_for("walk", 12)[1] == "walk"


def test_camera_inside_or_behind_the_figure_draws_something() -> None:
    for position in ((0.0, 1.0, 0.1), (0.0, -0.5, 4.0), (0.0, 1.0, -0.3)):
        picture = one(clip_of(), Camera(position, (0.0, 1.0, -4.0)))
        assert picture.shape == (SIZE, SIZE, 3)


def test_height_map_hides_what_lies_below() -> None:
    grid = np.stack(np.meshgrid(np.arange(0, 1, 0.01), np.arange(0, 1, 0.01)), axis=-1).reshape(-1, 2)
    shadow = HeightMap.of(grid, np.full(len(grid), 0.5), 0.02)
    lit = shadow.lit(np.array([[0.5, 0.5], [0.5, 0.5], [-0.1, 0.5]]), np.array([0.0, 0.49, 0.0]), 0.05)
    np.testing.assert_allclose(lit, [0, 1, 1], atol=1e-6)
    shade = shadow.floor_shade()
    values = shadow.sample(shade, np.array([0.5, 9.0]), np.array([0.5, 0.5]))
    assert values[0] > 0.3 and values[1] == 0


def test_names_of_the_package_are_ours() -> None:
    assert canonical_name("L_Index1") == "left_index1"
    assert canonical_name("R_Hand") == "right_wrist"
    assert canonical_name("Spine1") == "spine1"
