"""How does a person read the OpenAPI document, on a machine that may have no network?

One page without anything from elsewhere: routes, examples, schemas, and a form that sends a request.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any, NamedTuple

ASSETS = Path(__file__).with_name("docs_page")


class Page(NamedTuple):
    """A page and the Content-Security-Policy that lets it run nothing but its own script."""

    html: str
    policy: str


def docs_page(document: dict[str, Any]) -> Page:
    """The page of an OpenAPI document."""
    style, script = (ASSETS / "page.css").read_text("utf-8"), (ASSETS / "page.js").read_text("utf-8")
    title, about = html.escape(document["info"]["title"]), html.escape(document["info"]["description"])
    operations = [
        _operation(path, verb, operation)
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    ]
    schemas = document["components"]["schemas"].items()
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>
<body><h1>{title} {html.escape(document["info"]["version"])}</h1><p>{about}</p>
<p>For programs: <a href="openapi.json">openapi.json</a></p>{"".join(operations)}
<h2>Schemas</h2>{"".join(_folded(name, schema) for name, schema in sorted(schemas))}
<script>{script}</script></body></html>"""
    return Page(
        page,
        f"default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'",
    )


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    """One route: what it is for, what it answers, and a form that asks it."""
    aim = _filled(path, operation)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = list(body.get("examples", {}).values())
    field = f"<textarea>{html.escape(_pretty(examples[0]['value']))}</textarea>" if examples else ""
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{html.escape(answer['description'])}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return f"""<h2><span class="verb">{verb.upper()}</span> <code>{html.escape(path)}</code></h2>
<p><b>{html.escape(operation["summary"])}</b></p><p>{html.escape(operation.get("description", ""))}</p>
<table>{answers}</table>{"".join(_folded(example["summary"], example["value"]) for example in examples)}
<form data-path="{html.escape(aim)}" data-verb="{verb.upper()}">{field}
<p><button>Send</button>
<input name="token" type="password" autocomplete="off" placeholder="token, if one is set"></p>
<pre></pre></form>"""


def _filled(path: str, operation: dict[str, Any]) -> str:
    """The path with its placeholders' examples in their place, where they have any."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and "example" in parameter:
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    return path


def _folded(title: str, content: object) -> str:
    """Something long, out of the way until asked for."""
    shown = html.escape(_pretty(content))
    return f"<details><summary>{html.escape(title)}</summary><pre>{shown}</pre></details>"


def _pretty(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
