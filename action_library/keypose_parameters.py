"""Parameters of key-pose scripts: numbers worked out from names, and keys that are repeated."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from motion_engine.errors import BadClip

MOST_REPEATS = 50
LONGEST_FORMULA = 200  # characters
_NAME = r"^[a-z][a-z0-9_]{0,39}$"
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

Place = tuple[str | int, ...]  # of a value in the document: ("keys", 2, "t")
Lines = dict[Place, int]
Limited = Annotated[float, Field(ge=-1000.0, le=1000.0)]


class Parameter(BaseModel):
    """What a script leaves open."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    default: Limited
    min: Limited
    max: Limited
    description: Annotated[str, Field(max_length=200)] = ""


def worked_out(
    document: Mapping[str, Any], lines: Lines, path: Path, given: Mapping[str, float]
) -> tuple[dict[str, Any], Lines]:
    """The document without `parameters`, formulas and `repeat`, and the lines of what it then contains.

    Args:
        document: Of a script.
        lines: The line of each value.
        path: The file, for messages.
        given: Values of parameters in place of their defaults.

    Raises:
        BadClip: A parameter, a formula or a repetition is wrong.
    """
    values = _values(document.get("parameters"), lines, path, given)
    rest = {name: value for name, value in document.items() if name != "parameters"}
    solved: dict[str, Any] = _solved(rest, (), values, lines, path)
    if not isinstance(solved.get("keys"), list):
        return solved, lines
    keys, places = _repeated(solved["keys"], lines, path)
    moved = {place: line for place, line in lines.items() if place[:1] != ("keys",) or len(place) == 1}
    for index, place in enumerate(places):
        for old, line in lines.items():
            if old[: len(place)] == place:
                moved["keys", index, *old[len(place) :]] = line
    return {**solved, "keys": keys}, moved


def _values(declared: Any, lines: Lines, path: Path, given: Mapping[str, float]) -> dict[str, float]:
    """The value of each parameter."""
    line = lines.get(("parameters",))
    if declared is not None and not isinstance(declared, dict):
        raise BadClip("parameters: must be names with default, min and max", path=path, line=line)
    found = {}
    for name, parameter in (declared or {}).items():
        where = lines.get(("parameters", str(name)), line)
        try:
            checked = Parameter.model_validate(parameter)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in ("parameters", name, *problem["loc"]))
            raise BadClip(f"{place}: {problem['msg']}", path=path, line=where) from None
        if not str(name).isidentifier() or not str(name).islower():
            raise BadClip(f"parameters.{name}: a name is lower case with underscores", path=path, line=where)
        value = float(given.get(name, checked.default))
        if not checked.min <= value <= checked.max:
            raise BadClip(f"{name}: {value:g} is not within {checked.min:g} to {checked.max:g}", path=path, line=where)
        found[name] = value
    unknown = sorted(set(given) - set(found))
    if unknown:
        known = f"it has {', '.join(found)}" if found else "it has none"
        raise BadClip(f"there is no parameter {unknown[0]} in this script; {known}", path=path)
    return found


def _solved(value: Any, place: Place, values: Mapping[str, float], lines: Lines, path: Path) -> Any:
    """The document with every "=formula" replaced by its number."""
    if isinstance(value, dict):
        return {name: _solved(inner, (*place, str(name)), values, lines, path) for name, inner in value.items()}
    if isinstance(value, list):
        return [_solved(inner, (*place, index), values, lines, path) for index, inner in enumerate(value)]
    if isinstance(value, str) and value.startswith("="):
        try:
            return formula(value[1:], values)
        except ValueError as error:
            raise BadClip(f'"{value}": {error}', path=path, line=lines.get(place)) from None
    return value


def formula(text: str, values: Mapping[str, float]) -> float:
    """What a formula of numbers, names, + - * / and brackets gives; ValueError in words for anything else."""
    if len(text) > LONGEST_FORMULA:
        raise ValueError(f"a formula has at most {LONGEST_FORMULA} characters")
    try:
        return _number(ast.parse(text.strip(), mode="eval").body, values)
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("not a formula: use numbers, parameters, + - * / and brackets") from None
    except ZeroDivisionError:
        raise ValueError("divides by zero") from None


def _number(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.Name(id=name):
            raise ValueError(f"there is no parameter {name}; there are {', '.join(values) or 'none'}")
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_number(inner, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_number(left, values), _number(right, values))
    raise ValueError("not a formula: use numbers, parameters, + - * / and brackets")


class _Repeat(BaseModel):
    """Keys that are played several times."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    times: Annotated[float, Field(ge=1, le=MOST_REPEATS)]
    every: Annotated[float, Field(gt=0.0, le=60.0)]  # s from one time to the next
    keys: Annotated[list[dict[str, Any]], Field(min_length=1)]  # their t as of the first time


def _repeated(keys: list[Any], lines: Lines, path: Path) -> tuple[list[Any], list[Place]]:
    """All keys one after the other, and where in the document each of them stands. Later keys move on in time."""
    found: list[Any] = []
    places: list[Place] = []
    later = 0.0
    for index, key in enumerate(keys):
        if not isinstance(key, dict) or "repeat" not in key:
            found.append(_moved(key, later))
            places.append(("keys", index))
            continue
        place: Place = ("keys", index, "repeat")
        line = lines.get(place)
        if len(key) > 1:
            raise BadClip("keys: repeat stands alone: put the other names into its keys", path=path, line=line)
        try:
            repeat = _Repeat.model_validate(key["repeat"])
        except ValidationError as error:
            problem = error.errors()[0]
            inner = ".".join(str(part) for part in problem["loc"])
            raise BadClip(f"keys[{index}].repeat.{inner}: {problem['msg']}", path=path, line=line) from None
        for time in range(round(repeat.times)):
            found += [_moved(one, later + time * repeat.every) for one in repeat.keys]
            places += [(*place, "keys", number) for number in range(len(repeat.keys))]
        later += (round(repeat.times) - 1) * repeat.every
    return found, places


def _moved(key: Any, later: float) -> Any:
    if later and isinstance(key, dict) and isinstance(key.get("t"), int | float):
        return key | {"t": round(key["t"] + later, 6)}
    return key
