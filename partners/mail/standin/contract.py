"""What a request to /v3/mail/send must look like, from SendGrid's reference of the Mail Send API.

Stricter than SendGrid in one thing: nothing personal in custom arguments and categories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MOST_BYTES = 30 * 1024 * 1024
MOST_RECIPIENTS = 1000
MOST_CATEGORIES = 10
CATEGORY_LENGTH = 255
CUSTOM_ARGS_BYTES = 10_000
SUBJECT_LENGTH = 998


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIELDS = _words(
    """personalizations from reply_to reply_to_list subject content attachments template_id headers
    categories custom_args send_at batch_id asm ip_pool_name mail_settings tracking_settings"""
)
PERSONALIZATION_FIELDS = _words(
    "from to cc bcc subject headers substitutions dynamic_template_data custom_args send_at"
)
RESERVED_HEADERS = _words(
    """x-sg-id x-sg-eid received dkim-signature content-transfer-encoding content-type to from
    subject reply-to cc bcc"""
)
TRACKING = _words("click_tracking open_tracking subscription_tracking ganalytics")
MAIL_SETTINGS = _words(
    """bypass_list_management bypass_spam_management bypass_bounce_management
    bypass_unsubscribe_management footer sandbox_mode"""
)

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"

Problem = tuple[str, str | None]
"""A message, and the field that it is about."""


def errors(problems: list[Problem]) -> dict[str, Any]:
    """The body of a refusal, as SendGrid writes it."""
    return {
        "errors": [
            {"message": message, "field": field, "help": _HELP} for message, field in problems
        ]
    }


def problems(body: Any) -> list[Problem]:
    """Everything in a request that SendGrid would refuse; empty for a good one."""
    if not isinstance(body, dict):
        return [("Bad Request", None)]
    found = [(f"Additional property {name} is not allowed", name) for name in body.keys() - FIELDS]
    for check in (_personalizations, _sender, _subject, _content, _categories, _settings):
        found += check(body)
    found += _headers(body.get("headers"), "headers")
    return found


def is_sandbox(body: dict[str, Any]) -> bool:
    settings = body.get("mail_settings") or {}
    return bool((settings.get("sandbox_mode") or {}).get("enable"))


def _personalizations(body: dict[str, Any]) -> Iterator[Problem]:
    people = body.get("personalizations")
    if not isinstance(people, list) or not people or len(people) > MOST_RECIPIENTS:
        yield (
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
        return
    count = 0
    for number, person in enumerate(people):
        where = f"personalizations.{number}"
        if not isinstance(person, dict):
            yield "Invalid type. Expected: object", where
            continue
        for name in person.keys() - PERSONALIZATION_FIELDS:
            yield f"Additional property {name} is not allowed", f"{where}.{name}"
        yield from _recipients(person, where)
        yield from _custom_args({**(body.get("custom_args") or {}), **_args(person)}, where)
        yield from _headers(person.get("headers"), f"{where}.headers")
        count += sum(len(person.get(name) or []) for name in ("to", "cc", "bcc"))
    if count > MOST_RECIPIENTS:
        yield (
            f"The total number of recipients must be at most {MOST_RECIPIENTS}",
            "personalizations",
        )


def _args(person: dict[str, Any]) -> dict[str, Any]:
    args = person.get("custom_args")
    return args if isinstance(args, dict) else {}


def _recipients(person: dict[str, Any], where: str) -> Iterator[Problem]:
    if not isinstance(person.get("to"), list) or not person["to"]:
        yield "The to array is required for all personalization objects.", f"{where}.to"
        return
    seen: set[str] = set()
    for name in ("to", "cc", "bcc"):
        for number, entry in enumerate(person.get(name) or []):
            field = f"{where}.{name}.{number}.email"
            yield from _address(entry, field)
            email = str(entry.get("email")).lower() if isinstance(entry, dict) else ""
            if email in seen:
                yield "Each email address in the personalization block should be unique", field
            seen.add(email)


def _address(entry: Any, field: str) -> Iterator[Problem]:
    email = entry.get("email") if isinstance(entry, dict) else None
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email) or len(email) > 320:
        yield "Does not contain a valid address.", field
        return
    if entry.keys() - {"email", "name"}:
        yield "Additional property is not allowed", field
    name = entry.get("name", "")
    if not isinstance(name, str) or re.search(r"[\r\n]", name):
        yield "The name must be one line of text", field.replace(".email", ".name")


def _sender(body: dict[str, Any]) -> Iterator[Problem]:
    if "from" not in body:
        yield "The from object must be provided for every email send.", "from.email"
        return
    yield from _address(body["from"], "from.email")


def _subject(body: dict[str, Any]) -> Iterator[Problem]:
    people = [p for p in body.get("personalizations") or [] if isinstance(p, dict)]
    subjects = [p["subject"] for p in people if "subject" in p]
    if "subject" in body or len(subjects) < len(people):
        subjects.append(body.get("subject"))
    for subject in subjects:
        if not isinstance(subject, str) or not subject.strip():
            yield (
                "The subject is required.",
                "subject",
            )
        elif re.search(r"[\r\n]", subject):
            yield "The subject must not contain CR or LF", "subject"
        elif len(subject) > SUBJECT_LENGTH:
            yield "The subject is too long", "subject"


def _content(body: dict[str, Any]) -> Iterator[Problem]:
    content = body.get("content")
    if not isinstance(content, list) or not content:
        yield (
            "Unless a valid template_id is provided, the content parameter is required.",
            "content",
        )
        return
    types = []
    for number, part in enumerate(content):
        where = f"content.{number}"
        if not isinstance(part, dict) or part.keys() != {"type", "value"}:
            yield "Each content object must have a type and a value", where
            continue
        types.append(part["type"])
        if not isinstance(part["value"], str) or not part["value"]:
            yield "The content value must be a string at least one character in length.", where
        if not isinstance(part["type"], str) or re.search(r"[;,\r\n]|^$", part["type"]):
            yield "The content type is invalid", f"{where}.type"
    if "text/plain" in types and types[0] != "text/plain":
        yield (
            "If present, text/plain must be first, followed by text/html.",
            "content",
        )
    elif "text/html" in types and types.index("text/html") > types.count("text/plain"):
        yield "text/html must directly follow text/plain", "content"
    if len(set(types)) < len(types):
        yield "Each content type may be given once", "content"


def _categories(body: dict[str, Any]) -> Iterator[Problem]:
    categories = body.get("categories", [])
    if not isinstance(categories, list) or len(categories) > MOST_CATEGORIES:
        yield f"The maximum number of categories allowed is {MOST_CATEGORIES}", "categories"
        return
    for number, name in enumerate(categories):
        if not isinstance(name, str) or not 0 < len(name) <= CATEGORY_LENGTH or "@" in name:
            yield "A category is a short text without personal data", f"categories.{number}"
    if len({str(name) for name in categories}) < len(categories):
        yield "Each category must be unique", "categories"


def _custom_args(args: dict[str, Any], where: str) -> Iterator[Problem]:
    field = f"{where}.custom_args"
    if any(not isinstance(value, str) for value in args.values()):
        yield "Custom arguments must be strings", field
    if len(json.dumps(args).encode()) >= CUSTOM_ARGS_BYTES:
        yield f"Custom arguments must be less than {CUSTOM_ARGS_BYTES} bytes", field
    if any("@" in str(value) for value in args.values()):
        yield "Custom arguments must hold no personal data", field


def _headers(headers: Any, field: str) -> Iterator[Problem]:
    if headers is None:
        return
    if not isinstance(headers, dict):
        yield "Invalid type. Expected: object", field
        return
    for name, value in headers.items():
        if name.lower() in RESERVED_HEADERS:
            yield f"The header {name} is reserved", field
        if not isinstance(value, str) or re.search(r"[\r\n]", name + value):
            yield "A header must be one line of text", field


def _settings(body: dict[str, Any]) -> Iterator[Problem]:
    for field, known in (("tracking_settings", TRACKING), ("mail_settings", MAIL_SETTINGS)):
        settings = body.get(field, {})
        if not isinstance(settings, dict) or settings.keys() - known:
            yield f"Only {', '.join(sorted(known))} are allowed", field
            continue
        for name, setting in settings.items():
            enable = setting.get("enable") if isinstance(setting, dict) else None
            if not isinstance(enable, bool):
                yield "enable must be true or false", f"{field}.{name}.enable"
