"""YAML that every reader of dist/ reads alike: YAML 1.1 (PyYAML), YAML 1.2, and the API server's own.

The dialects disagree on plain scalars: `on`, `0o17`, `1e3`, `y`, `=` and `12:30:45` are text to one and something else
to another. So text stands plain only where no dialect can mistake it, as a block where it has lines, and in double
quotes otherwise. No anchors, no folding, fields in the order in which they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import yaml

# Plain: starts with a letter or `/ _ $ (`, holds nothing with a meaning to YAML, and is no word of YAML 1.1 or 1.2;
# or is an amount with its unit.
_PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null|nan|inf)$)"
    r"[A-Za-z_/$(][\w./:@$(){}+=,-]*(?: [\w./:@$(){}+=,-]+)*"
    r"|[1-9][0-9]*(?:m|s|h|d|ms|[KMGT]i)",  # 250m, 30s, 8Gi: no number to any of them
    re.IGNORECASE | re.ASCII,
)
# What may stand in a block: printable, and no line separator but the line feed (U+0085, U+2028 and U+2029 are
# breaks to YAML 1.1).
_BLOCK = re.compile(r"[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """A label mapping that several objects share is written out each time, never as an anchor."""
        return True


def _text(dumper: yaml.CSafeDumper, value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", value, style=_style(value))


def _style(value: str) -> str | None:
    if "\n" in value and value.strip("\n") and _BLOCK.fullmatch(value) and not re.search(r"[ \t]\n|[ \t]$|^\s", value):
        return "|"
    plain = _PLAIN.fullmatch(value) and ": " not in value and " #" not in value and not value.endswith(":")
    return None if plain else '"'


_Dumper.add_representer(str, _text)


def dump(objects: Iterable[Mapping[str, object]]) -> str:
    """The objects as one stream of YAML documents with `---` between them; the same input, the same bytes."""
    return yaml.dump_all(
        objects, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**30, default_flow_style=False
    )
