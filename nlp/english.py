"""English inflection by rule: which base forms a word may come from."""

from __future__ import annotations

from functools import lru_cache

_VOWELS = "aeiou"
# base: the forms that no rule gives (past, participle).
_IRREGULAR = {
    "run": "ran", "sit": "sat", "kneel": "knelt", "shake": "shook shaken", "stand": "stood", "spin": "spun span",
    "get": "got gotten", "go": "went gone", "do": "did done does", "have": "had has", "be": "is are was were been",
    "rise": "rose risen", "swing": "swung", "throw": "threw thrown", "catch": "caught", "fall": "fell fallen",
    "lie": "lay lain lying", "swim": "swam swum", "take": "took taken", "make": "made", "give": "gave given",
    "put": "put", "hit": "hit", "strike": "struck", "hold": "held", "say": "said", "leap": "leapt", "bend": "bent",
    "creep": "crept", "come": "came", "weep": "wept", "blow": "blew blown", "think": "thought", "cut": "cut",
    "bust": "bust", "keep": "kept", "sleep": "slept", "bid": "bade", "hang": "hung", "fly": "flew flown",
    "drink": "drank drunk", "break": "broke broken", "show": "shown", "stride": "strode stridden", "arise": "arose",
    "freeze": "froze frozen", "begin": "began begun", "wake": "woke woken", "bring": "brought",
    "stick": "stuck", "draw": "drew drawn", "foot": "feet", "tiptoe": "tiptoeing",
}  # fmt: skip
_BASE: dict[str, list[str]] = {}
for _base, _forms in _IRREGULAR.items():
    for _form in _forms.split():
        _BASE.setdefault(_form, []).append(_base)
_DOUBLED = {"shrug", "jog", "nod", "hop", "skip", "step", "clap", "run", "sit", "spin", "stop", "chill"}


@lru_cache(maxsize=4096)
def inflections(base: str) -> frozenset[str]:
    """The -s, -ed and -ing forms of a regular verb or noun."""
    stem, forms = base, set()
    if base.endswith(("s", "x", "z", "ch", "sh")) or (base.endswith("o") and len(base) > 2):
        forms.add(base + "es")
    elif base.endswith("y") and base[-2:-1] not in _VOWELS:
        forms |= {base[:-1] + "ies", base[:-1] + "ied"}
    forms.add(base + "s")
    if base.endswith("ie"):
        forms |= {base[:-2] + "ying", base + "d"}
    elif base.endswith("e") and not base.endswith(("ee", "oe")):
        forms |= {base[:-1] + "ing", base + "d"}
    else:
        short = len(base) > 2 and base[-1] not in _VOWELS + "wxy" and base[-2] in _VOWELS
        if short and base[-3] not in _VOWELS and (base in _DOUBLED or sum(c in _VOWELS for c in base) == 1):
            stem = base + base[-1]
        forms |= {stem + "ing", stem + "ed"}
        forms |= {base + "d"} if base.endswith("e") else set()
    return frozenset(forms)


@lru_cache(maxsize=8192)
def lemmas(word: str) -> tuple[str, ...]:
    """The word itself, then the base forms it may come from: "hopping" gives "hop", "hoping" gives "hope"."""
    found = [word, *_BASE.get(word, ())]
    for suffix, ends in (("ies", ("y",)), ("ied", ("y",)), ("ying", ("ie",)), ("ing", ("", "e")), ("ed", ("", "e")),
                         ("es", ("",)), ("s", ("",)), ("d", ("",))):  # fmt: skip
        stem = word[: -len(suffix)]
        if word.endswith(suffix) and len(stem) >= 2:
            for base in [stem + end for end in ends] + ([stem[:-1]] if stem[-1] == stem[-2] else []):
                if len(base) > 1 and base not in found and word in inflections(base):
                    found.append(base)
    return tuple(found)


def is_gerund(word: str) -> bool:
    """Whether the word ends like "running"."""
    return word.endswith("ing") and len(word) > 4
