"""List the parts: build/sbom.cdx.json (CycloneDX), and docs/licences.md for people.

Everything is read from the virtual environment: nothing is downloaded.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SBOM, PAGE = ROOT / "build" / "sbom.cdx.json", ROOT / "docs" / "licences.md"

# What the authors say elsewhere than in their package, or in other words.
KNOWN = {
    "axe-playwright-python": "MIT",
    "dkimpy": "Zlib",
    "flask-sqlalchemy": "BSD-3-Clause",
    "huey": "MIT",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "wtforms": "BSD-3-Clause",
}
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# What comes inside a package of another name.
INSIDE = {
    "bootstrap-flask": [("Bootstrap", "MIT"), ("Bootstrap Icons", "MIT")],
    "psycopg-binary": [("libpq (PostgreSQL)", "PostgreSQL"), ("OpenSSL", "Apache-2.0")],
    "typst": [("polices intégrées à Typst", "OFL-1.1")],
}


def normal(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: str) -> set[str]:
    """The parts of a requirements file."""
    text = (ROOT / "requirements" / file).read_text()
    return {normal(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", text)}


def environment() -> dict:
    """What the environment holds, in CycloneDX."""
    command = [
        str(Path(sys.executable).with_name("cyclonedx-py")), "environment",
        "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "-o", "-",
        sys.executable,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def licence(part: dict) -> str:
    """Its licence, as an SPDX identifier or expression where there is one."""
    if normal(part["name"]) in KNOWN:
        return KNOWN[normal(part["name"])]
    for said in part.get("licenses", []):
        if "expression" in said:
            return said["expression"]
        name = said["license"].get("id") or CLASSIFIERS.get(said["license"].get("name", ""))
        if name:
            return name
    return ""


def complete(bom: dict) -> dict:
    """Say what serves at run time, what only serves to test, and each licence once."""
    needed = pinned("run.txt")
    for part in bom["components"]:
        part["scope"] = "required" if normal(part["name"]) in needed else "excluded"
        found = licence(part)
        kind = "expression" if " " in found else "id"
        part["licenses"] = [
            {"expression": found} if kind == "expression" else {"license": {"id": found}}
        ] if found else []  # fmt: skip
        part["components"] = [
            {"type": "library", "name": name, "licenses": [{"license": {"id": its}}]}
            for name, its in INSIDE.get(normal(part["name"]), [])
        ]
    return bom


def page(bom: dict) -> str:
    """The list for people, in French."""
    lines = [
        "# Les briques et leurs licences", "",
        "Page écrite par `make sbom`, qui fait aussi `build/sbom.cdx.json` (CycloneDX 1.6, avec "
        "les versions et les sommes de contrôle). Rien n’est téléchargé quand le site tourne : "
        "ni police, ni script, ni image ne viennent d’ailleurs.", "",
        "Aucune licence n’impose de publier le code qui l’utilise. La LGPL (psycopg, pygal) vaut "
        "pour ces bibliothèques elles-mêmes, que Maillage utilise sans les modifier.", "",
    ]  # fmt: skip
    for title, scope in (
        ("Pour faire tourner le site", "required"),
        ("Pour les tests", "excluded"),
    ):
        lines += [f"## {title}", "", "| brique | licence |", "|---|---|"]
        for part in sorted(bom["components"], key=lambda one: normal(one["name"])):
            if part["scope"] == scope:
                lines.append(f"| {normal(part['name'])} | {licence(part) or '?'} |")
                lines += [
                    f"| — {name} | {its} |" for name, its in INSIDE.get(normal(part["name"]), [])
                ]
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    """1 when a part does not say its licence."""
    bom = complete(environment())
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bom, ensure_ascii=False, indent=1) + "\n")
    PAGE.write_text(page(bom))
    silent = [part["name"] for part in bom["components"] if not part["licenses"]]
    print(f"{len(bom['components'])} briques dans {SBOM.relative_to(ROOT)} et {PAGE.name}.")
    if silent:
        print(f"Licence inconnue : {', '.join(silent)} (à dire dans scripts/sbom.py).")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
