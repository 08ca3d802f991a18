"""Who may import whom: section 1 of the design, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

# package -> what of ours it may import. The most specific key that fits a module counts.
ALLOWED: dict[str, set[str]] = {
    "rapport.store": {"rapport.store"},
    "rapport.cli": {"rapport", "knowledge", "nlp_models"},
    "rapport": {"rapport"},
    "nlp_models": {"nlp_models"},
    "knowledge": {"knowledge", "nlp_models", "rapport.store"},
    "actions": {"actions", "rapport", "knowledge", "nlp_models"},
    "gateway": {"gateway", "rapport", "knowledge", "nlp_models"},
    "crm_kernel": {"crm_kernel", "rapport", "knowledge", "nlp_models"},
    "assistant.components": {"assistant.components", "nlp_models"},
    "assistant": {"assistant"},
}
OURS = {"rapport", "nlp_models", "knowledge", "actions", "gateway", "crm_kernel", "assistant"}
FOLDERS = {"crm_kernel": "kernels/crm_kernel"}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def imports_of(file: Path, module: str) -> Iterator[str]:
    """Every module of ours that a file imports, at its top or inside a function, relative ones resolved."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            # "from rapport import store" imports the module rapport.store
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] in OURS)


def modules(root: Path) -> Iterator[tuple[Path, str]]:
    for package in sorted(OURS):
        folder = root / FOLDERS.get(package, package)
        for file in sorted(folder.rglob("*.py")):
            parts = [package, *file.relative_to(folder).with_suffix("").parts]
            yield file, ".".join(p for p in parts if p != "__init__")


def forbidden(root: Path) -> list[str]:
    found = []
    for file, module in modules(root):
        key = max((k for k in ALLOWED if within(module, k)), key=len)
        for name in imports_of(file, module):
            # rapport.cli is the composition root: it alone is imported by nobody else in rapport
            wrong = not any(within(name, a) for a in ALLOWED[key])
            wrong |= within(name, "rapport.cli") and not within(module, "rapport.cli")
            if wrong:
                found.append(f"{module} imports {name}")
    return found


def test_the_arrows_hold(root: Path) -> None:
    assert forbidden(root) == []


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ("rapport/store", "import rapport.shop"),
        ("nlp_models", "from rapport.store import Store"),
        ("knowledge", "def f():\n    from rapport.service import orders"),
        ("rapport", "from .cli import output"),
        ("rapport/store", "from .. import shop"),
        ("gateway", "import actions"),
    ],
)
def test_a_wrong_import_would_be_found(tmp_path: Path, package: str, code: str) -> None:
    for name in OURS:
        (tmp_path / FOLDERS.get(name, name)).mkdir(parents=True)
    folder = tmp_path / package
    folder.mkdir(exist_ok=True)
    (folder / "wrong.py").write_text(code)
    assert len(forbidden(tmp_path)) == 1
