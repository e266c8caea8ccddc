from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from animator.stable_animator import weights
from animator.stable_animator.weights import found, load_pipeline, load_strict, sha256_of, weights_folder
from motion_engine.errors import ModelUnavailable, RenderFailed


@pytest.fixture
def published(tiny: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as the published one, with tiny networks, and makers of networks as tiny."""
    import torch

    from animator.stable_animator import face_encoder, iresnet, pose_net, unet

    files = {"pose_net": "pose_net", "face_encoder": "face_encoder", "unet": "unet", "face_network": "glintr100_torch"}
    (tmp_path / "Animation").mkdir()
    for name, file in files.items():
        torch.save(tiny[name].state_dict(), tmp_path / "Animation" / f"{file}.pth")
    for name in ("vae", "image_encoder"):
        tiny[name].save_pretrained(tmp_path / "SVD" / "stable-video-diffusion-img2vid-xt" / name)
    config = dict(tiny["unet"].config)
    plain = {key: value for key, value in config.items() if not key.startswith("_")}
    real = pose_net.PoseNet, face_encoder.FusionFaceId, iresnet.IResNet100, unet.UNet
    monkeypatch.setattr(pose_net, "PoseNet", lambda: real[0](32))
    monkeypatch.setattr(face_encoder, "FusionFaceId", lambda: real[1](64, 512, 64))
    monkeypatch.setattr(iresnet, "IResNet100", lambda: real[2](((4, 1), (4, 1), (4, 1), (4, 1))))
    monkeypatch.setattr(unet, "published_unet", lambda: real[3](**plain))
    return tmp_path


def test_the_loaded_pipeline_renders_as_its_networks_do(published: Path, tiny: dict[str, Any], film: Any) -> None:
    import numpy as np
    import torch

    from animator.stable_animator.pipeline import StableAnimatorPipeline
    from animator.stable_animator.settings import Settings

    told: list[str] = []
    loaded = load_pipeline(published, device="cpu", optimise_faces=True, report=told.append)
    settings, given = Settings(steps=2, tile_size=4, overlap=1), film(3)
    both = [
        pipeline(*given, settings, generator=torch.Generator().manual_seed(1), output="latents")
        for pipeline in (loaded, StableAnimatorPipeline(**tiny))
    ]
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)
    digest = hashlib.sha256((published / "Animation/unet.pth").read_bytes()).hexdigest()
    assert any(digest in words and "not the published one" in words for words in told)
    assert len(told) == 4
    for network in (loaded.unet, loaded.vae, loaded.pose_net, loaded.face_encoder, loaded.face_network):
        tensors = [*network.parameters(), *network.buffers()]
        assert tensors and not any(tensor.is_meta for tensor in tensors)


@pytest.mark.parametrize("place", weights.SVD)
def test_the_three_places_of_stable_video_diffusion(tmp_path: Path, place: str) -> None:
    (tmp_path / place / "vae").mkdir(parents=True)
    assert found(tmp_path) == {"vae": tmp_path / place / "vae"}


def test_what_is_missing_is_named(published: Path) -> None:
    (published / "Animation/face_encoder.pth").unlink()
    with pytest.raises(ModelUnavailable, match=r"face_encoder\.pth is missing: download it from"):
        load_pipeline(published)


def test_the_face_network_is_needed_only_to_optimise_faces(published: Path) -> None:
    (published / "Animation/glintr100_torch.pth").unlink()
    assert load_pipeline(published).face_network is None
    with pytest.raises(ModelUnavailable, match="glintr100_torch"):
        load_pipeline(published, optimise_faces=True)


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(weights.VARIABLE, raising=False)
    with pytest.raises(ModelUnavailable, match="--weights or MOTION_STABLE_ANIMATOR"):
        weights_folder()
    with pytest.raises(ModelUnavailable, match="no such folder"):
        weights_folder(tmp_path / "nowhere")
    monkeypatch.setenv(weights.VARIABLE, str(tmp_path))
    assert weights_folder() == tmp_path


def test_names_that_are_too_long() -> None:
    with pytest.raises(ModelUnavailable, match="no such folder"):
        weights_folder("a" * 5000)


def test_a_folder_in_place_of_a_checkpoint(published: Path) -> None:
    (published / "Animation/pose_net.pth").unlink()
    (published / "Animation/pose_net.pth").mkdir()
    with pytest.raises(ModelUnavailable, match=r"pose_net\.pth: is truncated or no checkpoint"):
        load_pipeline(published)


def test_an_unknown_precision(published: Path) -> None:
    with pytest.raises(RenderFailed, match="fp8"):
        load_pipeline(published, precision="fp8")


def test_absent_packages_are_named(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "diffusers" else real(name))
    with pytest.raises(ModelUnavailable, match=r"needs diffusers: pip install 'motion-engine\[stable-animator\]'"):
        load_pipeline(published)


def pose_net() -> Any:
    from animator.stable_animator.pose_net import PoseNet

    return PoseNet(32)


def test_half_precision_and_the_sum(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "pose_net.pth"
    torch.save(pose_net().state_dict(), path)
    network = load_strict(pose_net, path, torch.bfloat16)
    assert {value.dtype for value in network.state_dict().values()} == {torch.bfloat16}
    assert not network.training
    assert sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("scale"), "lacks scale"),
        (lambda state: state.update(other=state["scale"]), "has other, which does not belong"),
        (lambda state: [state.pop(key) for key in list(state)[:6]], "and 3 more"),
        (lambda state: state.update(scale=state["final_proj.bias"]), r"has scale \(32,\), not"),
        (lambda state: state.update(scale="text"), "no plain dictionary"),
    ],
)
def test_checkpoints_of_something_else(tmp_path: Path, change: Any, words: str) -> None:
    import torch

    state = dict(pose_net().state_dict())
    change(state)
    torch.save(state, tmp_path / "pose_net.pth")
    with pytest.raises(ModelUnavailable, match=words):
        load_strict(pose_net, tmp_path / "pose_net.pth", torch.float32)


class Malice:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("executed",))


@pytest.mark.parametrize("kind", ["empty", "text", "half", "a tensor", "code"])
def test_files_that_are_no_checkpoint(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    path = tmp_path / "pose_net.pth"
    torch.save({"code": Malice()} if kind == "code" else pose_net().state_dict(), path)
    whole = path.read_bytes()
    if kind == "a tensor":
        torch.save(torch.zeros(3), path)
    elif kind != "code":
        path.write_bytes({"empty": b"", "text": b"<html>not found</html>", "half": whole[: len(whole) // 2]}[kind])
    with pytest.raises(ModelUnavailable, match=r"pose_net\.pth: (is truncated|holds no)") as error:
        load_strict(pose_net, path, torch.float32)
    assert "again" in str(error.value)
    assert "executed" not in capsys.readouterr().out


def test_damaged_bytes_never_give_another_error(tmp_path: Path) -> None:
    import random

    import torch

    path, chance = tmp_path / "linear.pth", random.Random(1)
    torch.save(torch.nn.Linear(3, 4).state_dict(), path)
    whole, refused = path.read_bytes(), 0
    for _ in range(1500):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            load_strict(lambda: torch.nn.Linear(3, 4), path, torch.float32)
        except ModelUnavailable:
            refused += 1
    assert refused > 200


def test_keys_that_are_no_words(tmp_path: Path) -> None:
    import torch

    torch.save({1: torch.zeros(3), "scale": torch.zeros(1)}, tmp_path / "pose_net.pth")
    with pytest.raises(ModelUnavailable, match="no plain dictionary"):
        load_strict(pose_net, tmp_path / "pose_net.pth", torch.float32)


def test_a_broken_vae_is_told(published: Path) -> None:
    folder = published / "SVD" / "stable-video-diffusion-img2vid-xt" / "vae"
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match=r"vae: cannot be loaded .* download this folder"):
        load_pipeline(published)
