#!/usr/bin/env python3
"""JSON schemas for kubeconform, from what an API server publishes of itself.

usage: schemas.py OPENAPI_V2.json DIRECTORY

One file for each kind, as kubeconform names them; further fields are not allowed (-strict)."""
import json
import sys
from pathlib import Path


def closed(schema):
    """The schema with no fields but its own."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    result = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema:  # names of fields, which may be words of JSON schema themselves
        result["properties"] = {name: closed(field) for name, field in schema["properties"].items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


def main(source, directory):
    definitions = json.loads(Path(source).read_text())["definitions"]
    number = "io.k8s.apimachinery.pkg.api.resource.Quantity"
    shared = {name: closed(schema) for name, schema in definitions.items()}
    shared[number] = {"type": ["string", "number"]}
    Path(directory, "_definitions.json").write_text(json.dumps({"definitions": shared}))
    for name, schema in definitions.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            group = kind["group"].split(".")[0]
            parts = [kind["kind"].lower(), *([group] if group else []), kind["version"].lower()]
            Path(directory, "-".join(parts) + ".json").write_text(
                json.dumps({"$ref": f"_definitions.json#/definitions/{name}"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
