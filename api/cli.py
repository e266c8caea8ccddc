"""`motion`, the command line. Exit codes: 0 done, 2 wrong usage, 3 not understood, 4 bad file, 5 something missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli_keys import keys
from api.cli_library import library
from api.cli_render import rendering
from api.console import (
    Json,
    LibraryUrl,
    Weights,
    check_outputs,
    open_engine,
    print_table,
    print_track,
    progress,
    size_of,
    spoken,
)
from motion_engine.errors import (
    BadClip,
    BadCommand,
    BadMedia,
    LibraryUnavailable,
    LimitExceeded,
    ModelUnavailable,
    MotionError,
    RenderFailed,
    UnknownAction,
)

if TYPE_CHECKING:
    from api.engine import CommandEngine
    from api.pictures import Picture
    from motion_engine.types import Plan, Track
    from nlp.audio import Samples

EXIT_CODES: dict[type[MotionError], int] = {
    BadCommand: 3,
    UnknownAction: 3,
    LimitExceeded: 3,
    BadClip: 4,
    BadMedia: 4,
    RenderFailed: 4,
    LibraryUnavailable: 5,
    ModelUnavailable: 5,
}

app = typer.Typer(
    name="motion",
    help="Say it, see it move: English and Chinese commands to continuous human motion.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(library, name="library")
app.add_typer(keys, name="keys")
app.registered_commands += rendering.registered_commands

Text = Annotated[list[str], typer.Argument(help="What to do, in English or Chinese.", show_default=False)]
Outputs = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="A file: .mp4 .webm .gif .png .bvh .npz .glb .vrma .json. May be repeated."),
]


def main() -> None:
    """Run the command line; every expected error is one message and an exit code."""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except MotionError as error:
        print(f"motion: {error}", file=sys.stderr)
        raise SystemExit(next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of a pipe has gone (`motion library list | head`)
        sys.stderr.close()
        raise SystemExit(0) from None


@app.command()
def say(
    text: Text,
    output: Outputs = None,
    render: Annotated[
        str, typer.Option(help="What pictures show: mannequin, pose, overlay or side-by-side.")
    ] = "mannequin",
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of one view in pixels.")] = "512x512",
    fps: Annotated[float, typer.Option(min=1.0, max=240.0, help="Frames per second of everything written.")] = 30.0,
    skeleton: Annotated[
        Path | None, typer.Option(help="A .bvh file: .bvh is written on its skeleton instead of ours.")
    ] = None,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """Turn a command into motion: `motion say "wave then run" -o run.mp4 -o run.bvh`."""
    from api.export import read_skeleton
    from api.pictures import VIEWS, Picture

    if render not in VIEWS:
        raise typer.BadParameter(f"{render!r} is none of {', '.join(VIEWS)}", param_hint="--render")
    picture = Picture(render, *size_of(size))
    check_outputs(output or [])
    if skeleton and not any(path.suffix.lower() == ".bvh" for path in output or ()):
        raise typer.BadParameter("is for .bvh: add one with -o", param_hint="--skeleton")
    theirs = read_skeleton(skeleton) if skeleton else None
    engine = open_engine(library_url)
    plan = engine.parse(spoken(text))
    track = engine.perform(engine.timeline(plan, fps=fps))
    _write(output or [], plan, track, picture, skeleton=theirs)
    print_track(plan, track, output or [], as_json=as_json)


@app.command()
def listen(
    sound: Annotated[
        Path | None, typer.Argument(help="A sound file: wav, mp3, ogg, webm, m4a.", show_default=False)
    ] = None,
    mic: Annotated[bool, typer.Option("--mic", help="Hear one command from the microphone.")] = False,
    language: Annotated[str | None, typer.Option(help="en or zh. Default: whichever it sounds like.")] = None,
    output: Outputs = None,
    with_sound: Annotated[bool, typer.Option("--with-sound", help="Let the command be heard in a video.")] = False,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """Turn a spoken command into motion: `motion listen command.wav -o run.mp4`."""
    from dataclasses import asdict

    from api.pictures import Picture

    if mic == bool(sound):
        raise typer.BadParameter("give either a sound file or --mic")
    if language not in (None, "en", "zh"):
        raise typer.BadParameter(f"{language!r} is neither en nor zh", param_hint="--language")
    check_outputs(output or [])
    engine = open_engine(library_url)
    spoken_command = sound or _record()
    heard = engine.hear(spoken_command, language)  # type: ignore[arg-type]
    if not as_json:
        print(f"Heard ({heard.language}, {heard.certainty:.0%} sure): {heard.text}", flush=True)
    plan = engine.parse(heard.text)
    track = engine.perform(engine.timeline(plan))
    _write(output or [], plan, track, Picture(), audio=spoken_command if with_sound else None)
    print_track(plan, track, output or [], as_json=as_json, heard=asdict(heard))


def _record() -> Samples:
    from nlp.microphone import record

    return record(lambda: print("Speak now.", file=sys.stderr))


def _write(paths: list[Path], plan: Plan, track: Track, picture: Picture, **more: Any) -> None:
    """Writes all files; `more` as of `export`."""
    from api.export import export

    for path in paths:
        with progress(f"Writing {path.name}", len(track.clip)) as step:
            export(path, plan, track, picture, step, **more)


@app.command()
def parse(
    text: Annotated[list[str] | None, typer.Argument(help="A command.", show_default=False)] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read one command a line, print one plan a line.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what became of each word, scores and other actions it could be.")
    ] = False,
    library_url: LibraryUrl = None,
    as_json: Json = False,
) -> None:
    """Show what a command is understood as, in the plan notation."""
    if stdin == bool(text):
        raise typer.BadParameter("give either a command or --stdin")
    if stdin and explain:
        raise typer.BadParameter("explains one command at a time, not --stdin", param_hint="--explain")
    engine = open_engine(library_url)
    if explain:
        _explain(engine, spoken(text or ()), as_json)
        return
    if stdin:
        for line in sys.stdin:
            command = line.rstrip("\n")
            print(_plan_json(engine, command) if as_json else _notation(engine, command), flush=True)
        return
    command = spoken(text or ())
    print(_plan_json(engine, command) if as_json else _notation(engine, command))
    engine.parse(command)  # its error, if any, is the message and the exit code


def _explain(engine: CommandEngine, text: str, as_json: bool) -> None:
    """The plan of a command, the role of each of its words, and for each action what else its words could mean."""
    from dataclasses import asdict

    explanation = engine.explain(text)
    if as_json:
        whole = asdict(explanation)
        print(json.dumps({"plan": str(explanation.plan), **whole.pop("plan"), **whole}, ensure_ascii=False))
        return
    print(explanation.plan)
    calls = [call for step in explanation.plan.steps for call in step.actions]
    roles = []
    for word in explanation.words:
        action = "" if word.action is None else f"{word.action + 1}. {calls[word.action].action}"
        roles.append((word.text, word.role, word.kind, action))
    print_table(("words", "role", "says", "action"), roles)
    scores = []
    for number, (call, others) in enumerate(zip(calls, explanation.alternatives, strict=True), start=1):
        nearest = ", ".join(f"{name} {score:.2f}" for name, score in others)
        by = "its words" if call.score == 1.0 else "its meaning"
        scores.append((f"{number}.", call.action, f"{call.score:.2f}", by, nearest))
    print_table(("", "action", "score", "understood by", "other actions"), scores)


def _notation(engine: CommandEngine, text: str) -> str:
    """The plan notation of one line; a command that is too long is not understood either."""
    try:
        return engine.notation(text)
    except LimitExceeded as error:
        print(f"motion: {error}", file=sys.stderr)
        return "!unknown"


def _plan_json(engine: CommandEngine, text: str) -> str:
    from dataclasses import asdict

    try:
        plan = engine.parse(text)
    except UnknownAction as error:
        nearest = [{"action": name, "score": score} for name, score in error.nearest]
        return json.dumps(
            {"plan": "!unknown", "text": text, "phrase": error.phrase, "nearest": nearest}, ensure_ascii=False
        )
    except MotionError as error:
        plan_text = "!empty" if isinstance(error, BadCommand) else "!unknown"
        return json.dumps({"plan": plan_text, "text": text, "error": str(error)}, ensure_ascii=False)
    return json.dumps({"plan": str(plan), **asdict(plan)}, ensure_ascii=False)


@app.command()
def doctor(
    weights: Weights = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compute the sha256 of all weights: some ten seconds.")
    ] = False,
    library_url: LibraryUrl = None,
) -> None:
    """Check that everything the engine needs is there, and say what to install or download if not."""
    from api.doctor import check

    findings = list(check(library_url, weights, verify=verify))
    print_table(("", "part", "state"), [(finding.state, finding.part, finding.words) for finding in findings])
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(5)


@app.command()
def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1, this machine only")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, show_default="8765")] = None,
    library_url: LibraryUrl = None,
) -> None:
    """Run the web service and the studio page. docs/service.md tells all settings."""
    try:
        from api.serving import serve as run
        from api.settings import Settings
    except ModuleNotFoundError as error:
        raise ModelUnavailable(f"{error}: pip install 'motion-engine[serve]'") from None
    run(Settings.read(host=host, port=port, library=library_url))
