"""Generate `imports/`: strict JSON Schemas, typed stubs and manifest classes, from the sources that pins.yaml names.

Run it with `make imports`, or `python -m imports.generator`. It reads like its modules, in this order:

    pins.py         pins.yaml: what is taken, from where, with which checksum
    sources.py      fetching: Go modules, release files or a local folder in their place
    schema.py       one OpenAPI schema -> one strict JSON Schema
    kubernetes.py   the kinds of a Kubernetes release
    crds.py         the kinds of an operator
    stubs.py        JSON Schemas -> TypedDicts
    modules.py      the text of imports/<module>.py and .pyi
    output.py       writing it all, or nothing
"""


class ImportsError(Exception):
    """Something that a person must put right; the message is one line and says what."""
