"""The widget's modules and its styles as one script, without any tool to build it.

The sources are ordinary modules that import one another by name. Joined in order inside one function they need neither
`import` nor `export`, so those are left out; names at the top of a module are therefore unique among all of them.

python -m channels.widget.bundle prints the size.
"""

import gzip
import json
import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
MODULES = (
    "words",
    "dom",
    "colour",
    "store",
    "api",
    "connection",
    "session",
    "message",
    "log",
    "announcer",
    "composer",
    "screens",
    "panel",
    "sportello",
)
BUDGET = 40_000
"""Bytes, gzipped."""

_IMPORT = re.compile(r'^import [^;]*? from "\./[a-z]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|class|function|async)", re.MULTILINE)
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^[ ]+|[ ]+$", re.MULTILINE)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_SPACE = re.compile(r"\s+")
_CSS_JOIN = re.compile(r"\s*([{};,])\s*")


@lru_cache
def script() -> bytes:
    """The whole widget."""
    parts = [_module((HERE / "src" / f"{name}.js").read_text(encoding="utf-8")) for name in MODULES]
    head = "// Sportello, EUPL-1.2. Sources: channels/widget/src\n"
    body = "\n".join([f"const STYLE = {json.dumps(style(), ensure_ascii=False)};", *parts])
    return f'{head}(() => {{\n"use strict";\n{body}}})();\n'.encode()


@lru_cache
def style() -> str:
    """The styles, without comments and needless space."""
    text = (HERE / "sportello.css").read_text(encoding="utf-8")
    return _CSS_JOIN.sub(r"\1", _CSS_SPACE.sub(" ", _CSS_COMMENT.sub("", text))).strip()


@lru_cache
def compressed() -> bytes:
    """The script as browsers fetch it."""
    return gzip.compress(script(), compresslevel=9, mtime=0)


def _module(text: str) -> str:
    """A module as a part of the whole. No line of the sources starts inside a text that spans lines."""
    text = _EXPORT.sub("", _IMPORT.sub("", text))
    return _INDENT.sub("", _COMMENT.sub("", text))


if __name__ == "__main__":
    print(f"{len(script())} byte, {len(compressed())} gzip, limite {BUDGET}")
