"""What only its neighbours tell of an item: "no jumping", "with a wave", "as", 着."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nlp.items import Item
from nlp.quantities import units

_PERSONS = ("他", "她", "它", "你", "他 们", "角 色", "人 物", "主 播")
_GIVING = ("give", "gives", "giving", "gave", "offer", "offers", "show", "shows", "deliver", "throw")
_BREAKS = ("comma", "stop", "then", "and")
_FINISHING = ("finish", "finished", "finishing", "done", "complete", "completed", "completing")
_SUBJECTS = ("the", "a", "he", "she", "they", "it", "you", "your", "his", "her", "that")
_NO = ("不", "不 是")
_PASSED = ("function", "filler", "param", "lr", "manner_ok")
_MEASURED = ("comma", "param", "lr", "number")


def in_context(items: Sequence[Item]) -> list[Item]:
    """The items of a command, each with the kind that it has between its neighbours."""
    return [_chinese(items, k) or _english(items, k) or items[k] for k in range(len(items))]


def _english(items: Sequence[Item], k: int) -> Item | None:
    item, before = items[k], items[k - 1] if k else None
    behind = items[k + 1] if k + 1 < len(items) else None
    if behind is None:
        return None
    if item.kind == "word" and item.text in _GIVING and _gives(items[k + 1 : k + 7]):
        return replace(item, kind="filler")  # "give the audience a wave"
    if item.kind == "and" and before and _timed(before) and _timed(behind):
        return replace(item, kind="function")  # "one minute and thirty seconds"
    if item.text == "once" and (before is None or before.kind in _BREAKS) and _subject(behind):
        return replace(item, kind="after", params=())  # "once the character waves, sit"
    if item.text == "no" and (behind.gerund or (k == 0 and behind.is_action)):
        return replace(item, kind="not")
    if item.text in _FINISHING and behind.gerund:
        return replace(item, kind="function")  # "once you have finished stretching"
    follows = next((i for i in items[k + 1 : k + 5] if i.kind not in _PASSED), None)
    if item.text == "-" and before and follows and before.kind != "stop" and not before.text.isdigit():
        return replace(item, kind="function")
    if item.text in ("when", "whenever"):
        return replace(item, kind="while" if follows and follows.gerund else "after")
    if follows is None or not follows.is_action:
        return None
    if item.text == "with" and not _limb_between(items, k, follows):
        return replace(item, kind="while")
    return replace(item, kind="while") if item.text == "as" and behind.text != "a" else None


def _chinese(items: Sequence[Item], k: int) -> Item | None:
    item, before = items[k], items[k - 1] if k else None
    behind = items[k + 1] if k + 1 < len(items) else None
    if item.kind == "when" and item.text == "着" and not (before and before.is_action):
        return replace(item, kind="filler")
    if behind is None:
        return None
    if before and (behind.kind == "comma" or item.text == "不") and item.text in _NO and behind.kind in _MEASURED:
        return replace(item, kind="correct")  # 走五步，不，六步; but 举左手，不是右手
    if item.text == "坐" and behind.text == "一 个" and k + 2 < len(items) and items[k + 2].is_action:
        return replace(item, kind="filler", entry=None)  # 坐一个后空翻, as speech-to-text writes 做
    if item.text == "等" and (behind.is_action or behind.text in _PERSONS):
        return replace(item, kind="after")  # 等鼓完掌
    copied = before and before.kind == "action" and before.text[0] == item.text and behind.kind in ("param", "number")
    return replace(item, kind="function") if copied else None  # 鼓掌鼓三下: the verb is only said again for its count


def _timed(item: Item) -> bool:
    return any(name == "duration" for name, _ in item.params)


def _subject(item: Item) -> bool:
    return item.kind == "noun" or item.text.split()[0] in _SUBJECTS


def _gives(items: Sequence[Item]) -> bool:
    """Whether an action follows behind whom it is given to."""
    for item in items:
        if item.is_action:
            return True
        if item.kind not in ("function", "filler", "noun", "manner_ok", "param", "number"):
            return False
    return False


def _limb_between(items: Sequence[Item], k: int, follows: Item) -> bool:
    """Whether a limb stands between: "with your right hand bow" is not "with a bow"."""
    between = items[k + 1 : items.index(follows)]
    return any(dict(i.params).get("side") and i.text.split()[-1] in units().limbs for i in between)
