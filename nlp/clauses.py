"""Items to clauses: where one ends, how it relates to the one before, and which action and parameters it states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp.items import Item

_CONTENT = {"action", "weak", "refuse", "param", "lr", "number", "word", "noun", "again", "prep", "manner_ok"}
_NAMING = {"action", "weak", "refuse", "word", "again", "param", "lr", "number"}
_STRENGTH = {"juxt": 0, "comma": 1, "and": 2, "stop": 3, "then": 4, "start": 5, "correct": 6, "before_that": 7}
_ENDING = ("stop", "stops", "stopped", "stopping", "halt")
_PASSED = ("function", "filler", "lr", "manner_ok")
_DETERMINERS = ("the", "your", "a", "an", "my", "his", "her", "some", "this", "that")
_PRE_VERBAL = {"side", "direction", "speed"}


@dataclass
class Clause:
    """The words of one action, and how the clause hangs on the rest.

    Attributes:
        link: How it follows the clause before: start, stop, then, and, comma, juxt, correct or before_that.
        sub: It is subordinate: "while", "before", "after", "until" or "".
        post: The same, said behind it (Chinese): "when", "before", "after" or "".
        negated: It says what not to do.
        together: It happens together with the clause before.
        group: The clauses joined to it by "and" happen together with it.
        trailing: "At the same time" was said behind it.
    """

    link: str = "start"
    sub: str = ""
    post: str = ""
    negated: bool = False
    together: bool = False
    group: bool = False
    trailing: bool = False
    items: list[Item] = field(default_factory=list)

    @property
    def action(self) -> Item | None:
        """The item that names the action."""
        return next((item for item in self.items if item.is_action), None)

    @property
    def again(self) -> bool:
        """It only repeats what was done before."""
        return self.action is None and any(item.kind == "again" for item in self.items)

    @property
    def each(self) -> bool:
        """Whether its count is that of every action joined to it: "wave and nod three times each"."""
        return any(item.kind == "each" for item in self.items)

    @property
    def adjunct(self) -> bool:
        """Whether it only says where or with what: "to the door"."""
        return self.has_content and not any(item.kind in _NAMING for item in self.items)

    @property
    def has_content(self) -> bool:
        """Whether it says anything."""
        return any(item.kind in _CONTENT for item in self.items)

    @property
    def only_modifies(self) -> bool:
        """Whether it has parameters and no word that could name an action."""
        kinds = {item.kind for item in self.items}
        return bool(kinds & {"param", "lr", "number"}) and not kinds & {"action", "weak", "word", "refuse"}


class _Splitter:
    """One pass over the items; `open` is the clause being read, its flags wait until it has content."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.done: list[Clause] = []
        self.open = Clause()
        self.beside = False
        self.listed = 0  # the number of the list's last entry: "1. walk 2. jump"

    def run(self) -> list[Clause]:
        for index, item in enumerate(self.items):
            getattr(self, f"_on_{item.kind}", self._on_content)(item, index)
        self._close("stop")
        return self.done

    def _close(self, link: str) -> None:
        """End the open clause, or strengthen its link when it has said nothing yet."""
        clause = self.open
        if clause.has_content:
            if clause.action and "完" in clause.action.text and not clause.post:
                clause.post = "after"  # 鼓完掌
            self.done.append(clause)
            self.open = Clause(link=link)
        elif self.done or clause.link != "start":
            clause.link = max(clause.link, link, key=_STRENGTH.__getitem__)
            clause.items.clear()

    def _on_stop(self, item: Item, index: int) -> None:
        if self._list_number():
            self._close("then")
            return
        self._close("stop")
        self.beside = False

    def _on_comma(self, item: Item, index: int) -> None:
        self._close("then" if item.text in (")", ":") and self._list_number() else "comma")

    def _list_number(self) -> bool:
        """Whether the mark ends the number of a list, which is then taken out of the clause."""
        last = self.open.items[-1] if self.open.items else None
        alone = len(self.open.items) == 1
        if last is None or last.kind != "number" or not (alone or last.params[0][1] == self.listed + 1 > 1):
            return False
        self.listed = int(last.params[0][1])
        self.open.items.pop()
        return True

    def _on_then(self, item: Item, index: int) -> None:
        self._close("then")
        self.beside = False

    def _on_ordinal(self, item: Item, index: int) -> None:
        if not self.open.has_content:
            self._close("then")

    def _on_and(self, item: Item, index: int) -> None:
        self._close("and")

    def _on_or(self, item: Item, index: int) -> None:
        last = self.open if self.open.has_content or not self.done else self.done[-1]
        negated = last.negated
        self._close("and")
        self.open.negated = negated

    def _on_correct(self, item: Item, index: int) -> None:
        self._close("correct")

    def _on_before_that(self, item: Item, index: int) -> None:
        self._close("before_that")

    def _subordinate(self, item: Item, index: int) -> None:
        self._close("juxt")
        if item.kind == "while" and self.open.sub:
            return  # "after that, while ..." keeps the outer relation
        self.open.sub = item.kind

    _on_while = _on_before = _on_after = _on_until = _subordinate

    def _on_not(self, item: Item, index: int) -> None:
        if self.open.action or any(i.kind == "word" for i in self.open.items):
            self._close("juxt")
        self.open.negated = True

    def _on_instead_of(self, item: Item, index: int) -> None:
        self._close("juxt")
        self.open.negated = True

    def _on_together(self, item: Item, index: int) -> None:
        clause = self.open
        if not clause.has_content:
            if self.done and clause.link not in ("then", "start"):
                clause.together = True
            else:
                clause.group = True
        elif clause.action is None and clause.only_modifies:
            clause.together = True
        elif self._more_follows(index):
            self._close("juxt")
            self.open.together = True
        else:
            clause.trailing = True

    def _more_follows(self, index: int) -> bool:
        """Whether an action or unknown word follows before the clause ends."""
        for item in self.items[index + 1 : index + 12]:
            if item.is_action or item.kind == "word":
                return True
            if item.kind not in _CONTENT | {"function", "filler"}:
                return False
        return False

    def _on_beside(self, item: Item, index: int) -> None:
        self._close("juxt")
        self.open.together = self.beside
        self.beside = True

    def _post(self, item: Item, relation: str) -> None:
        if len(item.text) == 1 and self.open.items and self.open.items[-1].kind in ("noun", "word", "prep"):
            self.open.items.append(item)  # 台前, 手中
            return
        timed = any(name == "duration" for i in self.open.items for name, _ in i.params)
        if self.open.action or any(i.kind == "word" for i in self.open.items) or (timed and relation == "after"):
            self.open.post = relation
            self._close("juxt")
        elif item.text in ("前", "后", "时", "完", "着", "中"):
            self.open.items.append(item)
        elif relation == "after":
            self._close("then")
        elif relation == "before":
            self._close("before_that")

    def _on_when(self, item: Item, index: int) -> None:
        self._post(item, "when")

    def _on_before_post(self, item: Item, index: int) -> None:
        self._post(item, "before")

    def _on_after_post(self, item: Item, index: int) -> None:
        if item.text == "完" and index + 1 < len(self.items) and self.items[index + 1].kind not in ("action", "weak"):
            return
        self._post(item, "after")

    def _on_content(self, item: Item, index: int) -> None:
        if item.is_action and self.open.action:
            self._second_action(item)
        elif self._other_side(item):
            self._close("and")  # "wave the left hand three times, the right hand twice", without the comma
            self.open.items.append(item)
        else:
            self.open.items.append(item)

    _on_action = _on_weak = _on_content

    def _other_side(self, item: Item) -> bool:
        """Whether the item names a limb or way on another side than the clause does already."""
        if item.kind == "lr" and self.open.items and self.open.items[-1].kind == "lr":
            return self.open.items[-1].text != item.text and bool(
                self.open.action or self.done
            )  # "punch left right left"
        side = dict(item.params).get("side")
        if side is None or self.open.action is None:
            return False
        return any(dict(i.params).get("side", side) != side for i in self.open.items)

    def _second_action(self, item: Item) -> None:
        """Two actions without a word between them: a sequence, unless one belongs to the other."""
        clause, first = self.open, self.open.action
        assert first is not None
        adjacent = first is clause.items[-1]
        if adjacent and (
            item.text == "起 来" or (item.gerund and first.text in _ENDING) or first.text.startswith("停 止")
        ):
            clause.items.append(Item("noun", item.start, item.end, item.text))  # 转起来; "stop waving"
            return
        if first.kind == "weak" and adjacent:
            clause.items[-1] = Item("filler", first.start, first.end, first.text)
            clause.items.append(item)
            return
        opener = next((i for i in reversed(clause.items) if i.kind not in _PASSED), first)
        thing = clause.items[-1].text in _DETERMINERS
        leads_on = opener.text == "into" or (opener.text == "to" and not thing)  # "break into a run", "stop to wave"
        if opener.kind == "prep" and opener.text.isascii() and not leads_on:
            clause.items.append(Item("noun", item.start, item.end, item.text, item.entry))
        elif "着" in first.text and adjacent:
            clause.post = "when"
            self._close("juxt")
            self.open.items.append(item)
        else:
            self._juxtapose(item)

    def _juxtapose(self, item: Item) -> None:
        """Start a new clause; Chinese puts side, direction and speed before the verb, so these go with it."""
        moved: list[Item] = []
        if not item.text.isascii():
            while self.open.items and not self.open.items[-1].is_action and _pre_verbal(self.open.items[-1]):
                moved.insert(0, self.open.items.pop())
        elif self.open.items[-1].kind == self.open.items[0].kind == "lr":
            moved.append(self.open.items.pop())  # "left punch right punch"
        elif self.open.items[-1].kind == "number":
            moved.append(self.open.items.pop())  # "stretch do ten jumping jacks"
        self._close("juxt")
        self.open.items += [*moved, item]


def _pre_verbal(item: Item) -> bool:
    names = {name for name, _ in item.params}
    stated = (
        bool(names) and names <= _PRE_VERBAL and not item.text.startswith(("得", "快 一", "慢 一", "快 点", "慢 点"))
    )
    if item.text == "一 下":
        return False
    return item.kind in ("filler", "lr", "function") or (item.kind == "prep" and item.text in "用") or stated


def split(items: Sequence[Item]) -> list[Clause]:
    """The clauses of a command, in the order in which they are said."""
    return _Splitter(items).run()
