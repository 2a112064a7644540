"""What people read decides nothing: code goes by enums and codes, never by how a text reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import modules, parsed

PROSE = {"result", "reason", "detail", "why", "told", "hold_detail", "words", "text", "note"}
"""Columns and fields whose text is for people."""

TAKEN_APART = {
    *("split", "rsplit", "partition", "rpartition", "startswith", "endswith"),
    *("removeprefix", "removesuffix", "find", "index"),
}


def is_prose(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in PROSE


def read(code: ast.AST) -> Iterator[str]:
    """Where a text for people is taken apart, searched or compared with a text."""
    for node in ast.walk(code):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in TAKEN_APART:
                found = is_prose(value)
            case ast.Compare(left=left, ops=ops, comparators=[right]):
                within = isinstance(ops[0], ast.In | ast.NotIn) and is_prose(right)
                same = isinstance(ops[0], ast.Eq | ast.NotEq) and is_prose(left)
                found = within or (same and isinstance(right, ast.Constant) and bool(right.value))
            case _:
                continue
        if found:
            yield ast.unparse(node)


def test_no_code_decides_by_what_people_read() -> None:
    assert {name: found for name in modules() if (found := [*read(parsed(name))])} == {}


@pytest.mark.parametrize(
    "line",
    [
        'words = [d for d in decisions if "cured for" in d.result]',
        'head = row.result.split(": ")[0]',
        'if line.reason.startswith("the lead"): pass',
        'if row.told == "sent": pass',
    ],
)
def test_code_that_would_is_found(line: str) -> None:
    assert [*read(ast.parse(line))]
