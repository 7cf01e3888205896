"""Holds the manifests on standard input, a JSON list, against the schema of a Kubernetes release."""

import json
import sys

import kubernetes_validate

manifests = json.load(sys.stdin)
for manifest in manifests:
    try:
        kubernetes_validate.validate(manifest, sys.argv[1], strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(str(step) for step in error.path)
        sys.exit(f"{manifest['kind']} {manifest['metadata'].get('name')}: {where}: {error.message}")
print(f"{len(manifests)} manifests fit Kubernetes {sys.argv[1]}")
