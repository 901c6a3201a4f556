"""Findings that are accepted for a while: rule, object, reason and last day, in one reviewed file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aiwfe.errors import BadInputError, nearest
from aiwfe.findings import Finding, Rule
from aiwfe.yamlreader import YamlError, read_list

EXPIRED = Rule("waivers/expired", "No waiver is older than its last day.")
UNUSED = Rule("waivers/unused", "Every waiver covers a finding.", "warning")
RULES = (EXPIRED, UNUSED)

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIELDS = ("rule", "object", "reason", "expires")
_OBJECT = re.compile(r"(\*|[a-z0-9-]+)/[A-Z]\w*(/[^/\s]+){1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted finding."""

    rule: str
    object: str
    """`env/Kind/namespace/name`, the environment `*` for all."""
    reason: str
    expires: dt.date
    """The last day on which it holds."""
    line: int

    def covers(self, finding: Finding) -> bool:
        """Whether rule and object are those of the finding."""
        env, _, rest = self.object.partition("/")
        found_env, _, found_rest = finding.object.partition("/")
        return finding.rule == self.rule and rest == found_rest and env in ("*", found_env)


def load(path: Path, rules: Collection[str]) -> list[Waiver]:
    """The waivers of a file.

    Raises BadInputError with one message for each mistake: an unknown rule or field, no reason, a date that is none.
    """
    try:
        entries = read_list(path.read_bytes().decode())
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror}): name the file with --waivers") from None
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: not UTF-8 (byte {error.start})") from None
    except YamlError as error:
        raise BadInputError(f"{path}:{error.line}: {error.problem}") from None
    mistakes: list[str] = []
    waivers: list[Waiver] = []
    for line, entry in entries:
        problems = _problems(entry, rules)
        mistakes += [f"{path}:{line}: {problem}" for problem in problems]
        if not problems:
            waivers.append(
                Waiver(entry["rule"], entry["object"], entry["reason"].strip(), _date(entry["expires"]), line)
            )
    if mistakes:
        raise BadInputError(*mistakes)
    return waivers


def apply(
    waivers: Sequence[Waiver], findings: Sequence[Finding], today: dt.date
) -> tuple[list[Finding], list[tuple[Finding, Waiver]]]:
    """Splits findings into those that stand and those that a waiver covers today."""
    standing: list[Finding] = []
    waived: list[tuple[Finding, Waiver]] = []
    valid = [waiver for waiver in waivers if waiver.expires >= today]
    for finding in findings:
        waiver = next((waiver for waiver in valid if waiver.covers(finding)), None)
        if waiver:
            waived.append((finding, waiver))
        else:
            standing.append(finding)
    return standing, waived


def judge(waivers: Sequence[Waiver], used: Collection[Waiver], file: str, today: dt.date) -> list[Finding]:
    """The findings about the waivers themselves."""
    found: list[Finding] = []
    for waiver in waivers:
        about = f"{waiver.rule} for {waiver.object}"
        if waiver.expires < today:
            why = f"the waiver of {about} ended on {waiver.expires} ({waiver.reason})"
            found.append(EXPIRED.in_file(file, why, "mend what it covers, or agree on a later day", waiver.line))
        elif waiver not in used:
            why = f"the waiver of {about} covers nothing"
            found.append(UNUSED.in_file(file, why, "remove it", waiver.line))
    return found


def day(written: str) -> dt.date:
    """The day of `2027-01-31`. ISO 8601 has weeks and other spellings too, and of those a person may mean another day.

    Raises ValueError for anything else.
    """
    if not _DATE.fullmatch(written):
        raise ValueError(f"{written!r} is no date")
    return dt.date.fromisoformat(written)


def _problems(entry: object, rules: Collection[str]) -> list[str]:
    if not isinstance(entry, dict):
        return [f"a waiver has the fields {', '.join(_FIELDS)}"]
    fields = cast(dict[str, Any], entry)
    found = [f"unknown field '{name}'{nearest(name, _FIELDS)}" for name in fields if name not in _FIELDS]
    for name in _FIELDS:
        if name not in fields or fields[name] in (None, ""):
            found.append(f"field '{name}' is missing")
        elif name != "expires" and not (isinstance(fields[name], str) and fields[name].strip()):
            found.append(f"field '{name}' is no text")
    if found:
        return found
    if fields["rule"] not in rules:
        found.append(
            f"unknown rule '{fields['rule']}'{nearest(fields['rule'], rules)} (`aiwfe check --list` prints all)"
        )
    if not _OBJECT.fullmatch(fields["object"]):
        found.append(f"object '{fields['object']}' is not env/Kind/namespace/name, as `aiwfe check` prints it")
    if _date(fields["expires"]) == dt.date.min:
        found.append(f"expires '{fields['expires']}' is no date such as 2027-01-31")
    return found


def _date(value: object) -> dt.date:
    """The date, the smallest one where it is none."""
    try:
        return day(value) if isinstance(value, str) else dt.date.min
    except ValueError:
        return dt.date.min
