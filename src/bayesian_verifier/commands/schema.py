"""`bayesian-verifier schema`: what must a document look like, for programs that check or write one?"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What has a schema: name -> "module:model", imported when asked for.
DOCUMENTS = {
    "record": "bayesian_verifier.judgment:Judgment",
    "case": "bayesian_verifier.judgment:Case",
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
    model: type[BaseModel] = getattr(import_module(module), attribute)
    click.echo(json.dumps({"$schema": _DIALECT} | model.model_json_schema(), indent=1, ensure_ascii=False))
