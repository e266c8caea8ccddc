"""What names of files say: hand-written ones of every habit, all of the known collections, and anything at all."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from action_library.action import MOST_ALIASES, new_action, normal_name
from action_library.tables import Tables, find_tables, read_table
from action_library.titles import COLLECTIONS, Title, title_of
from motion_engine.errors import BadClip
from motion_engine.types import data_path

SHARED = Path(__file__).parents[3] / "shared" / "mocap"
HABITS = {
    "WalkForward_01.bvh": ("walk_forward_01", {"en": ("walk forward",)}, ()),
    "Mixamo - Hip Hop Dancing.glb": ("mixamo_hip_hop_dancing", {"en": ("hip hop dancing",)}, ("mixamo",)),
    "04-Running-Slow (2).bvh": ("04_running_slow_2", {"en": ("running slow",)}, ()),
    "走路_开心.bvh": ("走路_开心", {"zh": ("走路开心",)}, ()),
    "Wave_挥手.bvh": ("wave_挥手", {"en": ("wave",), "zh": ("挥手",)}, ()),
    "Walk2Run.bvh": ("walk_2_run", {"en": ("walk 2 run",)}, ()),
    "3DWalkHTMLTest.bvh": ("3d_walk_html_test", {"en": ("3d walk html test",)}, ()),
    "ЁлкаПрыжок.bvh": ("ёлка_прыжок", {"en": ("ёлка прыжок",)}, ()),
    "Kampf und Spaß.bvh": ("kampf_und_spass", {"en": ("kampf und spass",)}, ()),
    "Cafe\u0301.bvh": ("café", {"en": ("café",)}, ()),
    "01_01.bvh": ("01_01", {}, ()),
    "Male1Walking/Walk B15 - Walk turn around_poses.npz": (
        "walk_b15_walk_turn_around",
        {"en": ("walk turn around",)},
        ("male 1 walking", "walk b15"),
    ),
    "Dance - 01.bvh": ("dance_01", {"en": ("dance",)}, ()),
    "01/data/KungFu/v1.2 kick.bvh": ("v1_2_kick", {"en": ("v1 2 kick",)}, ("data", "kung fu")),
    "moves/!!!.bvh": ("moves", {}, ("moves",)),
    "---.bvh": ("untitled", {}, ()),
    "bad\udcff\nname.bvh": ("bad_name", {"en": ("bad name",)}, ()),
}


@pytest.mark.parametrize("file", HABITS)
def test_names_of_any_habit(file: str) -> None:
    title = title_of(PurePosixPath(file))
    assert (title.name, dict(title.aliases), title.tags) == HABITS[file]
    assert bool(title.note) == (title.name in ("moves", "untitled"))
    assert not (title.licence or title.source or title.crop_frames)


@given(st.lists(st.text(min_size=1, max_size=200).filter(lambda part: "/" not in part), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, derandomize=True)
@example(["ﷺ" * 60])
@example(["ß" * 64 + ".bvh"])
@example(["x" * 63 + "-y"])
@example(["dataset-1_" + "ab-" * 60 + "c_" + "x" * 90 + "_1.bvh"])
@example(["dataset-1_-_-_1.bvh"])
@example(["Style" * 30 + "_TR1.bvh"])
@example(["theme" * 30 + "1_subject1.bvh"])
@example(["a" * 300, "b" * 10_000])
def test_any_place_makes_an_action(parts: list[str]) -> None:
    for collection in (None, *COLLECTIONS):
        title = title_of(PurePosixPath(*parts), collection)
        assert title.name == normal_name(title.name)
        assert valid(title)


def valid(title: Title) -> bool:
    """Whether the library's own checks take every field."""
    action = new_action(
        name=title.name,
        description=title.description,
        aliases=dict(title.aliases),
        tags=title.tags,
        source=title.source or "unknown",
        licence=title.licence or "unknown",
        duration=1.0,
        fps=30.0,
        frames=31,
    )
    return action.name == title.name


def test_long_names_are_cut() -> None:
    title = title_of(PurePosixPath("walking very slowly " * 20 + ".bvh"))
    assert len(title.name) <= 64 and title.name.startswith("walking_very_slowly_walking")
    assert len(title.aliases["en"][0]) <= 80


def test_cmu(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    index = tmp_path / "docs" / "cmu-mocap-index-text.txt"
    index.write_bytes(
        '\ufeffsome words before\n\nSubject #1 (dig, rake (2 subjects - subject A))\n\n01_01\tdig - "deep", stop (A)\n'
        "1_2\trake/sweep\n01_03\t\u201cUnknown\u201d\n01_04\tjump \u0085 up\n".encode()
    )
    tables = find_tables(tmp_path, "cmu")
    title = title_of(PurePosixPath("01/01_01.bvh"), "cmu", tables)
    assert title.name == "cmu_01_01" and title.description == 'dig - "deep", stop (A)'
    assert title.aliases == {"en": ("dig deep stop",)}
    assert title.tags == ("cmu", "dig", "rake", "2 subjects", "subject a")
    assert title.crop_frames == (1, None) and "EIA-0196217" in title.source and "mocap.cs.cmu.edu" in title.licence
    assert title_of(PurePosixPath("01_02.BVH"), "cmu", tables).description == "rake/sweep"
    assert title_of(PurePosixPath("01_03.bvh"), "cmu", tables).description == ""
    assert title_of(PurePosixPath("141_03.bvh"), "cmu").name == "cmu_141_03"
    assert valid(title)
    (tmp_path / "cmu-mocap-index-text.csv").write_text('MOTION,DESCRIPTION\n01_01,"dig, slowly",x\n', encoding="utf-8")
    assert find_tables(tmp_path, "cmu").descriptions["01_01"] == 'dig - "deep", stop (A)'
    assert read_table(tmp_path / "cmu-mocap-index-text.csv").descriptions == {"01_01": "dig, slowly"}
    assert find_tables(tmp_path, "bandai") == find_tables(tmp_path, None) == Tables()


def test_bandai() -> None:
    title = title_of(PurePosixPath("data/dataset-1_bow_angry_001.bvh"), "bandai")
    assert title.name == "bandai1_bow_angry_001" and title.description == "Bow angrily"
    assert title.aliases["en"][0] == "bow angrily" and "生气地鞠躬" in title.aliases["zh"]
    assert {"bandai", "angry", "greeting"} <= set(title.tags) and "data" not in title.tags
    assert title.licence == "CC BY-NC 4.0" and "Motiondataset-1" in title.source
    plain = title_of(PurePosixPath("dataset-2_wave-left-hand_normal_003.bvh"), "bandai")
    assert plain.aliases["zh"] == ("挥左手", "左手挥动") and "normal" in plain.tags
    assert plain.name == "bandai2_wave_left_hand_normal_003"
    unheard = title_of(PurePosixPath("dataset-1_moon-walk_very-cool_001.bvh"), "bandai")
    assert unheard.aliases == {"en": ("moon walk in very cool style",), "zh": ()} and not unheard.note


def test_100style(tmp_path: Path) -> None:
    cuts = tmp_path / "Frame_Cuts.csv"
    cuts.write_text("STYLE_NAME,FW_START,FW_STOP,TR2_START,TR2_STOP\r\nAeroplane,120,4000,N/A,N/A\r\nCat, 7,90\r\n\r\n")
    tables = find_tables(tmp_path, "100style")
    title = title_of(PurePosixPath("Aeroplane/Aeroplane_FW.bvh"), "100style", tables)
    assert title.crop_frames == (120, 4000) and title.name == "100style_aeroplane_fw" and title.licence == "CC BY 4.0"
    assert title.description == "Walk like an aeroplane" and "像飞机一样向前走" in title.aliases["zh"]
    assert "aeroplane" in title.tags and title.cyclic is None
    assert title_of(PurePosixPath("Cat_FW.bvh"), "100style", tables).crop_frames == (7, 90)
    transition = title_of(PurePosixPath("Aeroplane_TR2.bvh"), "100style", tables)
    assert transition.crop_frames is None and transition.cyclic is False
    assert title_of(PurePosixPath("Neutral_ID.bvh"), "100style").aliases["zh"] == ("站着", "站立")
    assert title_of(PurePosixPath("BentForward_SW.bvh"), "100style").name == "100style_bent_forward_sw"
    unheard = title_of(PurePosixPath("DeepSea_FW.bvh"), "100style")
    assert unheard.aliases["en"][0] == "walk in deep sea style" and unheard.aliases["zh"] == ()


def test_lafan1() -> None:
    title = title_of(PurePosixPath("fallAndGetUp2_subject3.bvh"), "lafan1")
    assert title.name == "lafan1_fall_and_get_up_2_subject_3" and title.cyclic is False
    assert title.licence == "CC BY-NC-ND 4.0" and "跌倒起身" in title.aliases["zh"] and "get up" in title.tags


@pytest.mark.parametrize("row", ["Cat,90,7", "Cat,seven,90", "Cat,7"])
def test_a_wrong_cut_says_where(tmp_path: Path, row: str) -> None:
    cuts = tmp_path / "Frame_Cuts.csv"
    cuts.write_text(f"STYLE_NAME,FW_START,FW_STOP\nOld,1,2\n{row}\n")
    with pytest.raises(BadClip, match=r"Frame_Cuts\.csv, line 3: FW: .*correct them"):
        read_table(cuts)


def test_a_table_that_is_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Frame_Cuts.csv").mkdir()
    assert find_tables(tmp_path, "100style") == Tables()
    with pytest.raises(BadClip, match="cannot be read"):
        read_table(tmp_path / "Frame_Cuts.csv")


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("file", ["README.bvh", "01_01.fbx", "dataset-1_bow_angry_001.json", "CMU/01/01_01_poses.npz"])
def test_a_strange_file_gets_the_general_name_and_says_so(collection: str, file: str) -> None:
    title = title_of(PurePosixPath(file), collection)
    assert "not named as the files of" in title.note and collection in title.note and title.licence == ""
    assert title.name == title_of(PurePosixPath(file)).name and title.crop_frames is None


def test_an_unknown_collection() -> None:
    with pytest.raises(BadClip, match="known are cmu, bandai, 100style, lafan1"):
        title_of(PurePosixPath("a.bvh"), "amass")


def test_every_word_of_the_tables_makes_valid_titles() -> None:
    table = yaml.safe_load(data_path("collections.yaml").read_text(encoding="utf-8"))
    assert set(table) == set(COLLECTIONS)
    files = {
        "bandai": [
            f"dataset-1_{content}_{style}_001.bvh"
            for content in table["bandai"]["contents"]
            for style in table["bandai"]["styles"]
        ],
        "100style": [f"{s}_{c}.bvh" for s in table["100style"]["styles"] for c in table["100style"]["contents"]],
        "lafan1": [f"{theme}1_subject5.bvh" for theme in table["lafan1"]["contents"]],
    }
    assert [len(files[name]) for name in files] == [25 * 19, 100 * 10, 15]
    for collection, names in files.items():
        titles = [title_of(PurePosixPath(name), collection) for name in names]
        assert len({title.name for title in titles}) == len(names)
        for title in titles:
            assert valid(title) and not title.note
            assert title.aliases["en"] and title.aliases["zh"], title.name
            assert all(len(words) == len(set(words)) <= MOST_ALIASES for words in title.aliases.values())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/mocap")
def test_all_shared_files_are_named() -> None:
    bandai = sorted((SHARED / "bandai").glob("*.bvh"))
    titles = [title_of(PurePosixPath(path.name), "bandai") for path in bandai]
    assert len({title.name for title in titles}) == len(bandai) == 82
    assert all(valid(title) and not title.note and title.aliases["zh"] for title in titles)
    drawings = sorted((SHARED / "animated_drawings").glob("*.bvh"))
    named = {path.stem: title_of(PurePosixPath(path.relative_to(SHARED))) for path in drawings}
    assert named["jumping_jacks"].aliases == {"en": ("jumping jacks",)}
    assert all(title.name == stem and title.tags == ("animated drawings",) for stem, title in named.items())
