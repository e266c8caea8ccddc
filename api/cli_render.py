"""`motion render`, `motion retouch` and `motion pose`: pictures with all their options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.cli_options import given_by
from api.console import (
    Json,
    LibraryUrl,
    Weights,
    check_outputs,
    open_engine,
    print_track,
    progress,
    size_of,
    spoken,
)

if TYPE_CHECKING:
    from api.film import Filming, Machine
    from motion_engine.types import Array

rendering = typer.Typer()

FILM, AFTER, WHO = "StableAnimator", "Afterwards", "Your own character"
StableAnimator = "stable-animator"

Video = Annotated[
    Path,
    typer.Option("-o", "--output", help=".mp4, .webm or .gif; a name without suffix is a folder of frame_0.png, ..."),
]
Reference = Annotated[
    Path | None, typer.Option(help="A picture of the character: the figure is seen as it is.", rich_help_panel=WHO)
]


@dataclass(frozen=True)
class Retouch:
    """What is done to pictures when they are drawn."""

    match_colours: Literal["statistics", "histogram"] | None
    detail: float
    deflicker: bool
    upscale: Literal["waifu2x", "x4plus", "lanczos2", "lanczos4"] | None


def _retouch(
    match_colours: Annotated[
        Literal["statistics", "histogram"] | None,
        typer.Option(help="Give them the colours of the reference.", rich_help_panel=AFTER),
    ] = None,
    detail: Annotated[
        float, typer.Option(min=0.0, max=2.0, help="Make them crisper; 0.5 is moderate.", rich_help_panel=AFTER)
    ] = 0.0,
    deflicker: Annotated[
        bool, typer.Option("--deflicker", help="Take away flicker of light.", rich_help_panel=AFTER)
    ] = False,
    upscale: Annotated[
        Literal["waifu2x", "x4plus", "lanczos2", "lanczos4"] | None,
        typer.Option(
            help="Enlarge them: twice and faithfully, four times and sharper than they are, or by resampling.",
            rich_help_panel=AFTER,
        ),
    ] = None,
) -> Any:
    return Retouch(match_colours, detail, deflicker, upscale)


def _picture(
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of one view in pixels.")] = "512x512",
    figure: Annotated[Literal["wooden", "convex"], typer.Option(help="The mannequin; convex is quicker.")] = "wooden",
    captions: Annotated[bool, typer.Option("--captions/--no-captions", help="Write what it does below.")] = True,
    style: Annotated[
        Literal["aligned2160", "native"],
        typer.Option(help="Of pose maps: as StableAnimator draws them, or as DWPose does."),
    ] = "aligned2160",
    channels: Annotated[Literal["rgb", "bgr"], typer.Option(help="Of pose maps.")] = "rgb",
    fit: Annotated[
        Literal["bones", "stable_animator"],
        typer.Option(
            help="How the figure is brought to the reference: by its bones, or as the released script.",
            rich_help_panel=WHO,
        ),
    ] = "bones",
    follow: Annotated[
        bool | None,
        typer.Option("--follow/--stay", help="Whether the camera goes along with a figure that travels."),
    ] = None,
) -> Any:
    from api.pictures import Picture

    width, height = size_of(size)
    return Picture("mannequin", width, height, figure, captions, style, channels, fit=fit, follow=follow)


def _settings(
    steps: Annotated[int, typer.Option(min=1, max=200, rich_help_panel=FILM)] = 25,
    guidance: Annotated[float, typer.Option(min=1.0, help="1 is none, and quicker.", rich_help_panel=FILM)] = 3.0,
    tile_size: Annotated[int, typer.Option(min=2, help="Frames seen at once.", rich_help_panel=FILM)] = 16,
    decode_chunk: Annotated[int, typer.Option(min=1, help="Less needs less memory.", rich_help_panel=FILM)] = 4,
) -> Any:
    return {"steps": steps, "guidance": guidance, "tile_size": tile_size, "decode_chunk": decode_chunk}


def _machine(
    weights: Weights = None,
    device: Annotated[str | None, typer.Option(help="cuda, cuda:1, cpu, ...", rich_help_panel=FILM)] = None,
    precision: Annotated[Literal["fp16", "bf16", "fp32"] | None, typer.Option(rich_help_panel=FILM)] = None,
    offload: Annotated[bool, typer.Option("--offload", help="Needs less memory.", rich_help_panel=FILM)] = False,
    compile_unet: Annotated[
        bool, typer.Option("--compile", help="Slower start, quicker steps.", rich_help_panel=FILM)
    ] = False,
    optimise_faces: Annotated[
        bool, typer.Option("--optimise-faces", help="Pull faces towards the reference's.", rich_help_panel=FILM)
    ] = False,
    face_channels: Annotated[
        Literal["rgb", "bgr"],
        typer.Option(
            help="How insightface is given the face: as the released script, or as meant.", rich_help_panel=FILM
        ),
    ] = "rgb",
) -> Any:
    from api.film import Machine

    return Machine(weights, device, precision, offload, compile_unet, optimise_faces, face_channels)


@rendering.command()
@given_by(_retouch, "retouch")
@given_by(_machine, "machine")
@given_by(_settings, "settings")
@given_by(_picture, "picture")
def render(
    picture: Any,
    settings: Any,
    machine: Any,
    retouch: Any,
    text: Annotated[list[str], typer.Argument(help="What to do, in English or Chinese.", show_default=False)],
    output: Video,
    view: Annotated[
        Literal["mannequin", "pose", "overlay", "side-by-side", "stable-animator"],
        typer.Option(help="What is shown; stable-animator films your own character."),
    ] = "side-by-side",
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second.")] = 30.0,
    reference: Reference = None,
    reference_pose: Annotated[
        Path | None,
        typer.Option(help="Its keypoints, .json as `motion pose` writes it. Default: DWPose.", rich_help_panel=WHO),
    ] = None,
    sound: Annotated[Path | None, typer.Option(help="What is heard: the spoken command, music.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise.", rich_help_panel=FILM)] = 0,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """Turn a command into video, with all options: `motion render "wave then run" --figure convex -o run.mp4`."""
    from animator.video import check_sound, write_video
    from api.film import drawn
    from api.pictures import read_reference

    _check_target(output)
    if view == StableAnimator and reference is None:
        raise typer.BadParameter("is needed: StableAnimator films somebody's character", param_hint="--reference")
    if reference is None and (reference_pose or retouch.match_colours):
        raise typer.BadParameter("is needed for that: the picture of the character", param_hint="--reference")
    if sound is not None:
        check_sound(output, sound)  # before anything takes its time
    if reference is not None:
        picture = replace(picture, reference=read_reference(reference, reference_pose, machine.weights))
    engine = open_engine(library_url)
    plan = engine.parse(spoken(text))
    track = engine.perform(engine.timeline(plan, fps=fps))
    filming = _filming(machine, settings, seed) if view == StableAnimator else None
    if view != StableAnimator:
        picture = replace(picture, view=view)
    with progress("Rendering", settings["steps"]) as step:
        frames = drawn(track, picture, filming, on_step=step, report=_say)
    frames = _retouched(frames, retouch, None if picture.reference is None else picture.reference.picture)
    with progress(f"Writing {output.name}", len(track.clip)) as step:
        write_video(output, frames, track.clip.fps, audio=sound, on_frame=step)
    print_track(plan, track, [output], as_json=as_json)


def _filming(machine: Machine, settings: dict[str, Any], seed: int) -> Filming:
    from animator.stable_animator.settings import Settings
    from api.film import Filming

    return Filming(machine, Settings(**settings, overlap=min(4, settings["tile_size"] - 1)), seed)


@rendering.command("retouch")
@given_by(_retouch, "retouch")
def retouch_video(
    retouch: Any,
    source: Annotated[Path, typer.Argument(help="A video, or a folder of frame_0.png, ...", show_default=False)],
    output: Video,
    reference: Annotated[Path | None, typer.Option(help="A picture whose colours they shall have.")] = None,
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Of a folder; a video has its own.")] = 30.0,
) -> None:
    """Make rendered pictures better: `motion retouch film.mp4 --deflicker --upscale waifu2x -o large.mp4`."""
    from animator.picture import read_picture
    from animator.video import write_video
    from animator.video_frames import frame_rate, read_frames

    _check_target(output)
    if retouch == Retouch(None, 0.0, False, None):
        raise typer.BadParameter("say what to do: --match-colours, --detail, --deflicker or --upscale")
    if bool(retouch.match_colours) != bool(reference):
        raise typer.BadParameter("go together: whose colours, and how", param_hint="--reference and --match-colours")
    colours = read_picture(reference) if reference else None
    rate = fps if source.is_dir() else frame_rate(source)
    drawn = _retouched(read_frames(source), retouch, colours)
    with progress(f"Writing {output.name}", None) as step:
        write_video(output, drawn, rate, on_frame=step)
    print(output)


@rendering.command()
def pose(
    picture: Annotated[Path, typer.Argument(help="A picture of one person.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help=".json of keypoints, or .png to look at them.")],
    weights: Weights = None,
) -> None:
    """Find how somebody stands in a picture, to keep, to look at, to mend by hand: `motion pose me.png -o me.json`."""
    from animator.picture import read_picture
    from animator.pose_json import write_pose
    from animator.pose_map import draw_pose_maps
    from animator.sheet import write_png
    from api.pictures import DIMMED, find_pose, overlaid
    from motion_engine.files import check_target

    check_target(output, (".json", ".png"))
    pixels = read_picture(picture)
    found = find_pose(pixels, weights)
    if output.suffix.lower() == ".json":
        write_pose(output, found)
    else:
        drawn = next(draw_pose_maps(found, *pixels.shape[:2]))
        write_png(output, overlaid(pixels, drawn, DIMMED))
    print(output)


def _check_target(output: Path) -> None:
    from api.export import VIDEO

    if output.suffix and output.suffix.lower() not in VIDEO:
        raise typer.BadParameter(f"{output}: use {', '.join(VIDEO)} or a folder's name", param_hint="-o")
    check_outputs([output])


def _retouched(drawn: Iterator[Array], retouch: Retouch, reference: Array | None) -> Iterator[Array]:
    from animator.retouch import deflicker, enhance_detail, match_colours
    from animator.upscale import load_upscaler

    if retouch.deflicker:
        drawn = deflicker(drawn)
    if retouch.match_colours and reference is not None:
        drawn = match_colours(drawn, reference, method=retouch.match_colours)
    if retouch.detail:
        drawn = enhance_detail(drawn, amount=retouch.detail)
    if retouch.upscale:
        upscaler = load_upscaler(retouch.upscale)
        if upscaler.note:
            _say(upscaler.note)
        drawn = upscaler.frames(drawn)
    return drawn


def _say(words: str) -> None:
    print(f"motion: {words}", file=sys.stderr)
