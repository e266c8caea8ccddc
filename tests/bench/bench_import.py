"""How fast collections are imported: `python tests/bench/bench_import.py FOLDER...` (default: what is on this machine).

Without folders: ../shared/mocap, DeepMimic's clips in the installed pybullet, and Debian's assimp-testmodels.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from action_library import starter
from action_library.importer import Options, Report, import_files
from action_library.library import Library
from action_library.stores import open_store
from action_library.track import decode
from motion_engine import quat
from motion_engine.kinematics import fk

RUNS = 3
KNOWN = (Path(__file__).parents[3] / "shared" / "mocap", Path("/usr/share/assimp/models/BVH"))


def run(folder: Path, library_file: Path) -> tuple[Report, Library]:
    """One import into a new library."""
    library = Library(open_store(library_file))
    return import_files(library, [folder], Options(collection="bandai" if folder.name == "mocap" else None)), library


def suspicious(library: Library) -> list[str]:
    """Actions whose body is upside down, wrongly scaled or has left and right exchanged, most of the time."""
    found = []
    for action in library.actions():
        clip = library.clip(action.name)
        position, _ = fk(clip.skeleton, clip.root_position.astype(float), clip.rotation.astype(float))
        joint = clip.skeleton.names.index
        up = position[:, joint("head")] - position[:, joint("pelvis")]
        ahead = quat.rotate(clip.rotation[:, 0].astype(float), np.array([0.0, 0.0, 1.0]))
        left = position[:, joint("left_hip")] - position[:, joint("right_hip")]
        wrong = np.median(up[:, 1]) < 0.0 or np.median(np.sum(np.cross(up, ahead) * left, axis=-1)) < 0.0
        height = np.percentile(position[..., 1], 99) - np.percentile(position[..., 1], 1)
        if wrong or not 0.3 < height < 3.5:
            found.append(action.name)
    return found


def main() -> None:
    """Print the table."""
    mocap = starter.mocap_folder()
    folders = [Path(name) for name in sys.argv[1:]] or [*KNOWN, *([mocap] if mocap else [])]
    print("| folder | files | imported | failed | odd | motion | × real time, median | track of raw | decode MB/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for folder in folders:
        if not folder.is_dir():
            print(f"| {folder} | not here |")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            ratios = []
            for number in range(RUNS):
                report, library = run(folder, Path(temporary) / f"{number}.sqlite")
                ratios.append(report.motion / report.elapsed)
                if number < RUNS - 1:
                    library.close()
            tracks = [data for key in library.store.track_keys() if (data := library.store.track(key))]
            odd = suspicious(library)
            library.close()
        clips = [decode(data) for data in tracks]
        raw = sum(clip.rotation.nbytes + clip.root_position.nbytes + clip.contacts.nbytes for clip in clips)
        speeds = []
        for _ in range(9):
            begun = time.perf_counter()
            for data in tracks:
                decode(data)
            speeds.append(raw / 1e6 / (time.perf_counter() - begun))
        cells = (
            folder.name,
            len(report.outcomes),
            len(report.names()),
            len(report.of("failed")),
            len(odd),
            f"{report.motion / 60:.1f} min",
            f"{statistics.median(ratios):.0f}",
            f"{sum(map(len, tracks)) / raw:.0%}",
            f"{statistics.median(speeds):.0f}",
        )
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
        if odd:
            print(f"odd: {', '.join(odd)}", file=sys.stderr)


if __name__ == "__main__":
    main()
