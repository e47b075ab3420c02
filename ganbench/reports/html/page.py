"""The page: its template filled with its data, as one file that makes no request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ganbench
from ganbench.core.files import write_bytes
from ganbench.reports.html.data import of_family

HERE = Path(__file__).parent
SCRIPTS = ("table.js", "chart.js", "panel.js", "page.js")
FOR_CHARTS = ("baseline", "curves", "histories", "shares", "kind", "count")  # what the scripts read


def write_page(target: Path, data: Mapping[str, Any]) -> Path:
    """Write the page of ``page_data`` and return ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, render(data).encode())
    return target


def script_json(value: Any) -> str:
    """Return JSON that no HTML parser takes for markup: inside a script element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def anchor(name: str) -> str:
    """Return ``name`` as a part of a CSS custom property's name."""
    return re.sub(r"[^a-z0-9-]", "-", name.lower())


def render(data: Mapping[str, Any]) -> str:
    """Return the page; all text is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "anchor": anchor,
        "family": of_family,
        "json": lambda value: Markup(script_json(value)),
    }
    charts = [{key: one[key] for key in ("id", "primary", *FOR_CHARTS)} for one in data["datasets"]]
    return environment.get_template("page.html.j2").render(
        **data,
        charts=charts,
        version=ganbench.__version__,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)),
    )
