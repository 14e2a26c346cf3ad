"""The house rules of docs/architecture.md, read from the code itself."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "crm").rglob("*.py"))
FEATURES = {"contacts": 1, "events": 2, "requests": 2, "newsletter": 3}
BELOW = {
    "contacts": set(),
    "events": {"contacts"},
    "requests": {"contacts"},
    "newsletter": {"contacts", "events"},
}
# What sees the whole house: the roof.
ROOF = {
    "app", "cli", "dashboard", "defaults", "keeping", "privacy", "public", "seed", "serve",
    "settings", "soon",
}  # fmt: skip
WEB = {"flask", "flask_login", "wtforms"}
FORBIDDEN_NAMES = {"services", "utils", "helpers", "common", "core", "misc", "managers"}


@cache
def imports(path):
    """The absolute names a module imports, inside functions and for type checking included."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def room(path):
    """`newsletter` for crm/newsletter/staff/items.py, `jobs` for crm/jobs.py."""
    return path.relative_to(ROOT / "crm").parts[0].removesuffix(".py")


def rooms_below(path):
    return {name.split(".")[1] for name in imports(path) if name.startswith("crm.")}


def is_web(path):
    """Views, forms, mails and commands may speak of the web; models and verbs may not."""
    parts = path.relative_to(ROOT / "crm").with_suffix("").parts[1:]
    return bool({"staff", "public", "forms", "emails", "cli"} & set(parts))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_its_floor(path):
    here = room(path)
    seen = rooms_below(path) - {here}
    if here in FEATURES:
        assert seen & set(FEATURES) <= BELOW[here], "a feature reads only those below it"
        assert not seen & ROOF, "a feature never reads upward"
    elif here not in ROOF and here != "__init__":
        assert not seen & (set(FEATURES) | ROOF), "the ground floor knows no feature"


# Inside a feature: what each room may read of the others. The nouns they share are at the root.
ROOMS_INSIDE = {
    "contacts": {"search": set(), "files": {"search"}, "duplicates": {"search", "files"}},
    "newsletter": {
        "feeds": set(),
        "readers": set(),
        "counting": {"readers"},
        "returns": {"readers"},
        "delivery": {"counting", "readers", "returns"},
        "checks": {"delivery", "desk", "feeds"},
        "desk": {"feeds"},
    },
}


@pytest.mark.parametrize(
    ("feature", "here"), [(f, here) for f, rooms in ROOMS_INSIDE.items() for here in rooms]
)
def test_the_rooms_of_a_feature_keep_their_order(feature, here):
    rooms = ROOMS_INSIDE[feature]
    for path in (ROOT / "crm" / feature / here).glob("*.py"):
        seen = {".".join(name.split(".")[:3]) for name in imports(path)}
        others = {other for other in rooms if f"crm.{feature}.{other}" in seen} - {here}
        assert others <= rooms[here], path


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if room(path) in {*FEATURES, "accounts"} and not is_web(path)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_models_and_verbs_import_no_web(path):
    assert not {name.split(".")[0] for name in imports(path)} & WEB
    assert "crm.forms" not in {".".join(name.split(".")[:2]) for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_stays_readable(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "a module says what lives here"
    assert path.stem not in FORBIDDEN_NAMES
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 50
    ]
    assert long == []


def test_only_modules_that_speak_http_import_requests():
    users = {path.name for path in MODULES if "requests" in set(imports(path))}
    assert users == {"web.py"}
