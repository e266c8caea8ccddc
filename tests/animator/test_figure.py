from __future__ import annotations

import numpy as np

from animator.figure import load_figure, skinned_mesh
from motion_engine import quat
from motion_engine.kinematics import fk
from motion_engine.types import canonical_skeleton


def test_the_mesh_for_other_programs_moves_as_the_figure_that_is_drawn() -> None:
    skeleton, mesh, figure = canonical_skeleton(), skinned_mesh(), load_figure()
    turns = np.random.default_rng(0).normal(size=(3, 52, 3)) * 0.4
    position, world = fk(skeleton, np.tile(skeleton.offsets[0], (3, 1)), quat.from_rotvec(turns))
    expected, _, _ = figure.pose(position, world)
    rest, _ = fk(skeleton, skeleton.offsets[0], np.tile(quat.IDENTITY, (52, 1)))
    moved = quat.rotate(world[:, mesh.joints], mesh.vertices[:, None] - rest[mesh.joints]) + position[:, mesh.joints]
    np.testing.assert_allclose(np.einsum("vi,tvik->tvk", mesh.weights, moved), expected, atol=1e-4)
    faces = np.concatenate([part.faces for part in mesh.parts])
    assert len(faces) == figure.faces.shape[1]
    a, b, c = (mesh.vertices[faces[:, i]] for i in range(3))
    outside = np.einsum("ij,ij->i", np.cross(b - a, c - a), mesh.normals[faces[:, 0]])
    assert (outside > 0).mean() > 0.99


def test_its_weights_and_shades_are_what_the_format_wants() -> None:
    mesh = skinned_mesh()
    np.testing.assert_allclose(mesh.weights.sum(axis=1), 1.0, atol=1e-12)
    assert (mesh.joints[mesh.weights == 0] == 0).all()
    assert 0.0 < mesh.shades.min() < mesh.shades.max() == 1.0
    light, dark = (np.array(part.color) for part in mesh.parts)
    assert (light > dark).all() and light.max() < 1.0
