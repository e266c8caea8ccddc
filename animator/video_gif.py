"""Frames for gif files: few colours, chosen well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from motion_engine.types import Array

FPS = 50.0  # browsers slow down what is faster
PALETTE_FRAMES = 24  # of the start of a gif, whose colours its one palette is made from


def thinned(frames: Iterable[Array], fps: float) -> Iterator[Array]:
    """The frames that remain at 50 frames/s."""
    shown = -1
    for index, frame in enumerate(frames):
        slot = int(index * FPS / fps + 1e-9)
        if slot > shown:
            shown = slot
            yield frame


class Paletted:
    """Frames in the 256 colours that suit the first ones best, ordered dither: still parts stay still.

    Args:
        head: The first frames `(H, W, 3)` uint8.
        rate: Frames a second.
    """

    def __init__(self, head: list[Array], rate: Fraction) -> None:
        import av
        from av.filter import Graph

        height, width = head[0].shape[:2]
        maker, rgb = Graph(), av.VideoFormat("rgb24")
        source = maker.add_buffer(width=width, height=height, format=rgb, time_base=1 / rate)
        generator, sink = maker.add("palettegen", "stats_mode=full:reserve_transparent=0"), maker.add("buffersink")
        source.link_to(generator)
        generator.link_to(sink)
        maker.configure()
        for index, frame in enumerate(head):
            source.push(self._picture(frame, index, rate))
        source.push(None)
        palette: Any = sink.pull()

        self._graph, self._rate, self._index = Graph(), rate, 0
        self._source = self._graph.add_buffer(width=width, height=height, format=rgb, time_base=1 / rate)
        colors = self._graph.add_buffer(
            width=palette.width, height=palette.height, format=palette.format, time_base=1 / rate
        )
        user = self._graph.add("paletteuse", "dither=bayer:bayer_scale=4")
        self._sink = self._graph.add("buffersink")
        self._source.link_to(user, 0, 0)
        colors.link_to(user, 0, 1)
        user.link_to(self._sink)
        self._graph.configure()
        palette.pts, palette.time_base = 0, 1 / rate
        colors.push(palette)
        colors.push(None)

    def __call__(self, frame: Array) -> Any:
        """The next frame in the palette's colours, an `av.VideoFrame`."""
        self._source.push(self._picture(frame, self._index, self._rate))
        self._index += 1
        return self._sink.pull()

    @staticmethod
    def _picture(frame: Array, index: int, rate: Fraction) -> Any:
        import av

        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture.pts, picture.time_base = index, 1 / rate
        return picture
