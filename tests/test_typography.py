"""French as it is printed: ’ not ', and a no-break space before : ; ? ! » and after «."""

import ast
import html
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The seed and the letters are set as they are made: `crm.newsletter.story.typeset`.
TEMPLATES = [p for kind in ("html", "txt") for p in sorted((ROOT / "templates").rglob(f"*.{kind}"))]
MODULES = [p for p in sorted((ROOT / "crm").rglob("*.py")) if "seed" not in p.parts]
SCRIPTS = sorted((ROOT / "crm" / "static" / "js").glob("*.js"))

# A letter or a closing mark, a plain space or none, then a mark that asks for a no-break one.
FAULTS = re.compile(
    r"[^\W\d_]'[^\W\d_]"  # l'eau
    r"|(?<=[\w)»”…*\]]) [:;?!»](?![\w=/-])"  # mot : mot, mot ?
    r"|(?<=[^\W_])[;?!](?=\s|$)"  # mot; mot?
    r"|(?<=[^\W\d_]):(?=\s)"  # mot: mot
    r"|« (?=\S)"
    r"|«\w"
)
BLOCK = re.compile(
    r"</?(?:p|li|h\d|td|th|div|dt|dd|button|label|option|caption|legend|summary|ul)\b[^>]*>"
)
FRENCH = re.compile(
    r"[àâçéèêëîïôùûœÀÉÈÊÎÔŒ’«»…]"
    r"|\b(?:le|la|les|des|un|une|est|sont|pas|vous|votre|pour|dans|avec|cette|que|qui|ne)\b"
)

PATTERN = re.compile(r"\\[sbdw]|\(\?|\w=[\w%{\"]")  # what programs read


def faults(text: str) -> list[str]:
    """What is badly set in a French text, with a few letters around; nothing for other texts."""
    if not FRENCH.search(text) or PATTERN.search(text):
        return []
    return [text[max(0, f.start() - 25) : f.end() + 10] for f in FAULTS.finditer(text)]


def texts_of_template(source: str):
    """The words of a template: between tags, in attributes one reads, in quotes of expressions."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for code in re.findall(r"\{[{%].*?[%}]\}", source, flags=re.DOTALL):
        read = code.replace("\\u00a0", "\u00a0")
        yield from (quoted for quoted in re.findall(r'"([^"{}<>]*)"', read) if " " in quoted)
    source = re.sub(r"\{\{.*?\}\}", "X", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
    yield from map(
        html.unescape, re.findall(r'(?:title|aria-label|alt|placeholder)="([^"]*)"', source)
    )
    for words in re.split(BLOCK, source):
        yield html.unescape(re.sub(r"<[^>]*>", "", words)).strip()


def texts_of_module(source: str):
    """The strings of a module, docstrings aside; what an f-string computes is an X."""
    tree = ast.parse(source)
    told = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {
        p for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for p in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(map(_told, node.values))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in told | parts
        ):
            yield node.value


def _told(part: ast.expr) -> str:
    """A piece of an f-string, as it will be read."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    value = part.value if isinstance(part, ast.FormattedValue) else None
    return "\u00a0" if isinstance(value, ast.Name) and value.id == "NBSP" else "X"


def texts_of_script(source: str):
    """The quoted strings of a script, its comments aside."""
    source = re.sub(r"(?m)//.*$|/\*.*?\*/", "", source)
    for double, back in re.findall(r'"([^"\n]*)"|`([^`]*)`', source):
        yield re.sub(r"\$\{.*?\}", "X", double or back).replace("\\u00a0", "\u00a0")


@pytest.mark.parametrize(
    "path", TEMPLATES + MODULES + SCRIPTS, ids=lambda p: str(p.relative_to(ROOT))
)
def test_french_is_well_set(path):
    read = {".py": texts_of_module, ".js": texts_of_script}.get(path.suffix, texts_of_template)
    assert [fault for text in read(path.read_text()) for fault in faults(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "l'été est là",
        "Déjà fini ?",
        "Déjà fini?",
        "Voilà : fini",
        "Voilà: fini",
        "« Été »",
        "Été !",
    ],
)
def test_a_fault_is_seen(text):
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "Déjà fini\u00a0?",
        "l’été",
        "https://été.example.org/?a=1;b",
        "«\u00a0Été\u00a0»",
        "12:30, là",
    ],
)
def test_what_is_well_set_is_left_alone(text):
    assert faults(text) == []
