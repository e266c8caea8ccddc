"""ArcFace's face recogniser, with the names of insightface's `arcface_torch`, so that its published weights load."""

from __future__ import annotations

from torch import Tensor, nn

SIDE = 112  # pixels
EMBEDDING = 512
_STAGES = ((64, 3), (128, 13), (256, 30), (512, 3))  # channels, blocks; each stage halves the picture


class IResNet100(nn.Module):
    """A residual network of 100 layers (arXiv 1801.07698, section 3.2.2). 925 keys.

    Args:
        stages: Channels and number of blocks of each stage, of which there are four.
    """

    def __init__(self, stages: tuple[tuple[int, int], ...] = _STAGES) -> None:
        super().__init__()
        channels = stages[0][0]
        self.conv1 = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.prelu = nn.PReLU(channels)
        for i, (width, count) in enumerate(stages, start=1):
            blocks = [Block(channels, width, stride=2), *(Block(width, width, stride=1) for _ in range(count - 1))]
            self.add_module(f"layer{i}", nn.Sequential(*blocks))
            channels = width
        self.bn2 = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels * (SIDE // 2 ** len(stages)) ** 2, EMBEDDING)
        self.features = nn.BatchNorm1d(EMBEDDING)
        self.stages = [f"layer{i}" for i in range(1, len(stages) + 1)]

    def forward(self, faces: Tensor) -> Tensor:
        """Faces `(N, 3, 112, 112)`, RGB in -1..1, to raw embeddings `(N, 512)`."""
        x = self.prelu(self.bn1(self.conv1(faces)))
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        embedding: Tensor = self.features(self.fc(self.bn2(x).flatten(1)))
        return embedding


class Block(nn.Module):
    """Normalise, convolve, normalise, PReLU, convolve with the stride, normalise; added to what came in."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.prelu = nn.PReLU(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(c_out)
        self.downsample = (
            nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)) if stride > 1 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(N, c_in, H, W)` to `(N, c_out, H / stride, W / stride)`."""
        out: Tensor = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return out + (x if self.downsample is None else self.downsample(x))
