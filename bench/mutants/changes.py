"""What may be wrong with a condition: every small change of the conditions in a module's functions.

A condition is negated, a comparison moved by one, `and` and `or` change places, a part of either
is left out; in a query, a clause of `where` is left out and `is_` turned round; `min` and `max`
change places. Assertions and annotations stay as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType

OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
BY_ONE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
NAMES = {"min": "max", "max": "min", "and_": "or_", "or_": "and_", "any": "all", "all": "any"}
ATTRIBUTES = {"is_": "is_not", "is_not": "is_", "in_": "not_in", "not_in": "in_"}
CLAUSES = ("where", "and_", "or_")

Change = tuple[ast.AST, Callable[[], None], str]


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, how the line reads before and after, the code that results."""

    module: str
    function: str
    line: int
    before: str
    after: str
    code: CodeType
    number: int  # of those in the function that read the same

    @property
    def key(self) -> str:
        """Stays the same while only other lines of the module change."""
        return f"{self.module}::{self.function}: {self.before} → {self.after} #{self.number}"


def mutants(module: str, source: str, file_name: str) -> Iterator[Mutant]:
    """Every mutant of a module's functions, in the order of its lines."""
    total = len(list(_changes(ast.parse(source))))
    seen: dict[str, int] = {}
    for number in range(total):
        tree = ast.parse(source)
        node, apply, _ = list(_changes(tree))[number]
        before = ast.unparse(node)
        apply()
        ast.fix_missing_locations(tree)
        code = _around(compile(tree, file_name, "exec"), node.lineno)
        if code is None:
            continue  # of a module or class: it has run before the tests begin
        made = Mutant(module, code.co_qualname, node.lineno, before, ast.unparse(node), code, 0)
        again = seen[made.key] = seen.get(made.key, -1) + 1
        yield Mutant(**{**made.__dict__, "number": again})


def _around(module: CodeType, line: int) -> CodeType | None:
    """The code of the outermost function that has this line."""
    for code in (c for c in module.co_consts if isinstance(c, CodeType)):
        lines = {at for _, _, at in code.co_lines() if at is not None}
        if "." not in code.co_name and code.co_name.isidentifier() and _is_class(code):
            if (found := _around(code, line)) is not None:
                return found
        elif lines and min(lines) <= line <= _last(code):
            of_module = code.co_name in ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
            return None if of_module else code
    return None


def _is_class(code: CodeType) -> bool:
    return "__module__" in code.co_names and "__qualname__" in code.co_names


def _last(code: CodeType) -> int:
    own = max((at for _, _, at in code.co_lines() if at is not None), default=0)
    return max([own, *(_last(c) for c in code.co_consts if isinstance(c, CodeType))])


def _changes(tree: ast.AST) -> Iterator[Change]:
    for node in _walk(tree):
        match node:
            case ast.Compare():
                yield from _of_comparison(node)
            case ast.BoolOp():
                yield from _of_and_or(node)
            case ast.UnaryOp(op=ast.Not()):
                yield node, lambda n=node: _become(n, n.operand), "not dropped"
            case ast.Call():
                yield from _of_call(node)
        yield from _of_tests(node)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Everything below, but for assertions and annotations."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Assert):
                yield child
                yield from _walk(child)


def _of_comparison(node: ast.Compare) -> Iterator[Change]:
    for at, op in enumerate(node.ops):
        for table in (OPPOSITES, BY_ONE):
            if (other := table.get(type(op))) is not None:
                yield node, lambda at=at, other=other: _set(node.ops, at, other()), "comparison"


def _of_and_or(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield node, lambda: setattr(node, "op", other), "and, or"
    for at in range(len(node.values)):
        yield node, lambda at=at: _leave_out(node, at), "left out"


def _leave_out(node: ast.BoolOp, at: int) -> None:
    rest = [value for number, value in enumerate(node.values) if number != at]
    if len(rest) == 1:
        _become(node, rest[0])
    else:
        node.values = rest


def _of_call(node: ast.Call) -> Iterator[Change]:
    called = node.func
    if isinstance(called, ast.Name) and called.id in NAMES:
        yield node, lambda: setattr(called, "id", NAMES[called.id]), "name"
    if isinstance(called, ast.Attribute) and called.attr in ATTRIBUTES:
        yield node, lambda: setattr(called, "attr", ATTRIBUTES[called.attr]), "name"
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name in CLAUSES and len(node.args) > (name != "where"):
        for at in range(len(node.args)):
            yield node, lambda at=at: node.args.pop(at), "clause"


def _of_tests(node: ast.AST) -> Iterator[Change]:
    """Conditions that are neither comparisons nor `and`, `or`, `not`: names and calls."""
    places: list[tuple[ast.AST, str, int | None]] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        places.append((node, "test", None))
    if isinstance(node, ast.comprehension):
        places += [(node, "ifs", at) for at in range(len(node.ifs))]
    if isinstance(node, ast.match_case) and node.guard is not None:
        places.append((node, "guard", None))
    for owner, name, at in places:
        test = getattr(owner, name) if at is None else getattr(owner, name)[at]
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield test, lambda test=test: _become(test, ast.UnaryOp(ast.Not(), _copy(test))), "not"


def _set(items: list[ast.cmpop], at: int, value: ast.cmpop) -> None:
    items[at] = value


def _copy(node: ast.AST) -> ast.AST:
    made = type(node)(**dict(ast.iter_fields(node)))
    return ast.copy_location(made, node)


def _become(node: ast.AST, other: ast.AST) -> None:
    """Turn a node into another, so that whoever holds it need not be found."""
    kept = {name: getattr(node, name) for name in ("lineno", "col_offset") if hasattr(node, name)}
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__ | kept)
