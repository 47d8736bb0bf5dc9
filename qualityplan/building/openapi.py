"""The document of the HTTP API, looked at as the programs of others look at it.

`python -m qualityplan.building.openapi` prints what is wrong with it, and ends with exit code 1 if anything is. It asks
neither a database nor the network.
"""

import json
import os
import sys
from typing import Any

import django

PREFIX = "/api/v1/"


def described_service() -> dict[str, Any]:
    """The document as it is served: JSON, and nothing that JSON does not know."""
    from qualityplan.api import api  # the apps must have been loaded

    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    return found


def faults_of_document(document: dict[str, Any]) -> list[str]:
    """What OpenAPI 3.1 forbids, each with its place."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # not there in a service

    found = OpenAPIV31SpecValidator(document).iter_errors()
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message.splitlines()[0]}" for error in found]


def main() -> int:
    """Says what is wrong with the document."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
    django.setup()
    found = faults_of_document(described_service())
    for line in found:
        sys.stderr.write(f"OpenAPI: {line}\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
