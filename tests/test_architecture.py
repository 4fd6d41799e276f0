"""The rules of docs/architecture.md that a machine can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Who may import whom: from an app only to itself and to those that follow.
LAYERS = ["gymnasium", "reports", "attendance", "journal", "accounts"]

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SOURCES = [
    path
    for app in LAYERS
    for path in sorted((ROOT / app).rglob("*.py"))
    if not {"__pycache__", "migrations"} & set(path.parts)
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Full names of the modules that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from . import x` and `from ..y import x` are counted from the package of the module.
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imported_by(path: Path) -> set[str]:
    package = list(path.relative_to(ROOT).parts[:-1])
    return set(imports(ast.parse(path.read_text()), package))


def upward(path: Path) -> list[str]:
    """Imports of a module that go against the layers."""
    own = path.relative_to(ROOT).parts[0]
    above = LAYERS[: LAYERS.index(own)]
    return sorted(module for module in imported_by(path) if module.split(".")[0] in above)


def test_imports_go_one_way():
    assert {name_of(path): found for path in SOURCES if (found := upward(path))} == {}


def test_only_the_five_packages_hold_code():
    # Further apps at the top level would escape the layers.
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == {*LAYERS, "tests"}


def test_only_one_module_knows_weasyprint_and_loads_it_late():
    users = {name_of(path) for path in SOURCES if "weasyprint" in {m.split(".")[0] for m in imported_by(path)}}
    assert users <= {"reports/pdf.py"}
    for name in users:
        top = ast.Module(
            [n for n in ast.parse((ROOT / name).read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)], []
        )
        assert "weasyprint" not in {module.split(".")[0] for module in imports(top, [])}


def test_psycopg_3_is_never_beside_psycopg2():
    # Django would silently take it.
    assert not re.search(r"^psycopg(\[.*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


@pytest.mark.parametrize("call", ["date.today", "datetime.now", "datetime.today", "datetime.utcnow"])
def test_today_is_asked_of_django_only(call):
    """The school lives in its own time zone, and the tests move Django's clock."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(call):
                found.append(f"{name_of(path)}:{node.lineno}")
    assert found == []


# --- Templates and static files -------------------------------------------------------------------

# What a strict Content-Security-Policy would stop in the browser.
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "script without src": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "hx-on attribute": re.compile(r"\shx-on[:-]", re.IGNORECASE),
}
# Addresses that a page would load from or send to. XML name spaces are names, not addresses.
FOREIGN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE)


def without_comments(text: str) -> str:
    return re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("kind", INLINE)
def test_no_template_needs_a_weaker_policy(kind):
    found = [
        name_of(path)
        for path in TEMPLATES
        # Paper is made by WeasyPrint, which knows no policy.
        if "pdf" not in path.parts and INLINE[kind].search(without_comments(path.read_text()))
    ]
    assert found == []


def test_nothing_comes_from_a_foreign_host():
    files = [*TEMPLATES, *(path for path in (ROOT / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"})]
    found = [name_of(path) for path in files if FOREIGN.search(without_comments(path.read_text()))]
    assert found == []


def test_pinned_requirements_name_no_host_and_no_path():
    for name in ("requirements.txt", "tests/requirements.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text and "--index-url" not in text and "--find-links" not in text
        packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
        assert packages
        assert text.count("    --hash=sha256:") >= len(packages)


def test_no_module_outgrows_a_head():
    """Past 400 lines a module wants to be two."""
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_every_variable_of_the_settings_is_in_the_table():
    settings = (ROOT / "gymnasium" / "settings.py").read_text()
    table = (ROOT / "docs" / "environment.md").read_text()
    names = re.findall(r"(?:env\.\w+|required)\(\s*\"([A-Z_]+)\"", settings)

    assert {"SECRET_KEY", "DATABASE_URL", "HTTPS"} <= set(names)
    assert [name for name in names if f"`{name}`" not in table] == []


# --- The checks themselves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "html"),
    [
        ("style attribute", '<td class="a" style="color: red">'),
        ("style element", "<style>td {}</style>"),
        ("event attribute", '<a onclick="go()">'),
        ("script without src", "<script>go()</script>"),
        ("javascript: address", '<a href="javascript:go()">'),
        ("hx-on attribute", '<div hx-on:click="go()">'),
    ],
)
def test_the_policy_check_sees(kind, html):
    assert INLINE[kind].search(html)


def test_the_import_check_sees_every_spelling():
    code = "import a.b\nfrom ..c import d\ndef f():\n    from e import f"
    assert set(imports(ast.parse(code), ["app", "sub"])) == {"a.b", "app.c", "app.c.d", "e", "e.f"}


def test_the_host_check_sees():
    assert FOREIGN.search('src="//cdn.example.com/x.js"')
    assert not FOREIGN.search('xmlns="http://www.w3.org/2000/svg"')
