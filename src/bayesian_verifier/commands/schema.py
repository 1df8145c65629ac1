"""`bayesian-verifier schema`: what must a document look like, for programs that check or write one?"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import click

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What has a schema: name -> "module:model" or "module:function", imported when asked for.
DOCUMENTS = {
    "record": "bayesian_verifier.judgment:Judgment",
    "case": "bayesian_verifier.judgment:Case",
    "surroundings": "bayesian_verifier.policy:Surroundings",
    "journal": "bayesian_verifier.journal:journal_schema",
    "ledger": "bayesian_verifier.journal:ledger_schema",
}


@click.command(
    name="schema",
    epilog="Example: bayesian-verifier schema record > judgment.schema.json",
    short_help="JSON Schemas of what is read and written.",
)
@click.argument("document", type=click.Choice(list(DOCUMENTS)))
def command(document: str) -> None:
    """Print the JSON Schema of DOCUMENT."""
    module, _, attribute = DOCUMENTS[document].partition(":")
    source = getattr(import_module(module), attribute)
    schema: dict[str, Any] = getattr(source, "model_json_schema", source)()
    click.echo(json.dumps({"$schema": _DIALECT} | schema, indent=1, ensure_ascii=False))
