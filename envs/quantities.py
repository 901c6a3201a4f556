"""The text types of the schema: what is allowed, and what to write instead of what was meant."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_UNITS = {"k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti"}


def _cpu(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (match := re.fullmatch(r"([1-9]\d*)(m?)", text)):
        raise ValueError(f"{value!r} is no amount of CPU: write cores (2) or millicores (250m)")
    if match[2] and int(match[1]) % 1000 == 0:
        raise ValueError(f"{value!r} is {int(match[1]) // 1000} cores: write {int(match[1]) // 1000}")
    return text


def _size(value: object) -> str:
    if isinstance(value, str) and (match := re.fullmatch(r"([1-9]\d*)(Mi|Gi|Ti)", value)):
        larger = {"Mi": "Gi", "Gi": "Ti"}.get(match[2])
        if larger and int(match[1]) % 1024 == 0:
            raise ValueError(f"{value!r} is {int(match[1]) // 1024}{larger}: write that, as the API server does")
        return value
    hint = ""
    if isinstance(value, str) and (near := re.fullmatch(r"\s*(\d+)\s*([kmgt])i?b?\s*", value, re.IGNORECASE)):
        hint = f" (did you mean '{near[1]}{_UNITS[near[2].lower()]}'?)"
    raise ValueError(f"{value!r} is no size: write a whole number of Mi, Gi or Ti{hint}")


def _duration(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d*[smhd]", value):
        return value
    raise ValueError(f"{value!r} is no duration: write a whole number of s, m, h or d, such as 30d")


def _domain(value: str) -> str:
    if len(value) <= 253 and re.fullmatch(rf"(?:{_LABEL}\.)+[a-z]{{2,63}}", value):
        return value
    raise ValueError(f"{value!r} is no domain: write lower-case labels with dots between, such as aiwfe.io")


def _registry(value: str) -> str:
    if re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})+(?::\d+)?(?:/[a-z0-9._-]+)*", value):
        return value
    raise ValueError(f"{value!r} is no registry: write its host and folder without scheme, such as ghcr.io/aiwfe")


def _repository(value: str) -> str:
    if re.fullmatch(r"https://[a-z0-9.-]+/[\w./-]+\.git|ssh://git@[a-z0-9.-]+/[\w./-]+\.git", value):
        return value
    raise ValueError(f"{value!r} is no Git repository: write https://HOST/PATH.git or ssh://git@HOST/PATH.git")


def _email(value: str) -> str:
    if re.fullmatch(rf"[\w.+-]+@(?:{_LABEL}\.)+[a-z]{{2,63}}", value):
        return value
    raise ValueError(f"{value!r} is no e-mail address")


def _channel(value: str) -> str:
    if re.fullmatch(r"#[a-z0-9_-]{1,79}", value):
        return value
    raise ValueError(f'{value!r} is no Slack channel: write # and its name, in quotes: "#aiwfe-dev"')


def _name(value: str) -> str:
    if len(value) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", value):
        return value
    raise ValueError(f"{value!r} is no name: write lower-case letters, digits, '-' and '.'")


def _tag(value: str) -> str:
    if value == "latest":
        raise ValueError("'latest' is no version: it names another image tomorrow; write the release")
    if re.fullmatch(r"[\w][\w.-]{0,127}", value):
        return value
    raise ValueError(f"{value!r} is no image tag: letters, digits, '_', '.', '-', at most 128")


def _digest(value: str) -> str:
    if re.fullmatch(r"sha256:[0-9a-f]{64}", value):
        return value
    raise ValueError(f"{value!r} is no digest: write sha256: and 64 hex digits, as the registry gives it")


Cpu = Annotated[str, BeforeValidator(_cpu)]
Size = Annotated[str, BeforeValidator(_size)]
Duration = Annotated[str, BeforeValidator(_duration)]
Domain = Annotated[str, AfterValidator(_domain)]
Registry = Annotated[str, AfterValidator(_registry)]
Repository = Annotated[str, AfterValidator(_repository)]
Email = Annotated[str, AfterValidator(_email)]
Channel = Annotated[str, AfterValidator(_channel)]
Name = Annotated[str, AfterValidator(_name)]
Tag = Annotated[str, AfterValidator(_tag)]
Digest = Annotated[str, AfterValidator(_digest)]


def days(duration: str) -> float:
    """`30d` -> 30.0, `36h` -> 1.5."""
    return int(duration[:-1]) / {"d": 1, "h": 24, "m": 1440, "s": 86400}[duration[-1]]
