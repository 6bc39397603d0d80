"""Have Python's own parser read a condition, and say in people's words where it could not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from notifier.core.language.vocabulary import ExpressionError

MAX_DEPTH = 40  # nested parts; nobody reads deeper

_UNFINISHED = re.compile(r"(?:[-+*/%<>=,(]|\b(?:and|or|not|in|is))$")
_SAID = (
    ("never closed", "this bracket is never closed", "close it"),
    ("unmatched", "this bracket was never opened", "leave it away"),
    ("does not match", "this bracket closes another kind", "let pairs match"),
)


def parse_python(text: str) -> ast.expr:
    """Return Python's tree of an expression without leading space.

    Raises:
        ExpressionError: not an expression, or nested too deep.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise _unreadable(text, error) from error
    if sum(1 for _ in _levels(tree)) > MAX_DEPTH:
        raise _deep()
    return tree


def _deep() -> ExpressionError:
    return ExpressionError(
        f"more than {MAX_DEPTH} levels are nested", 0, "make several rules of it"
    )


def _levels(tree: ast.AST) -> Iterator[list[ast.AST]]:
    level = [tree]
    while level:
        yield level
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr)
        ]


def _unreadable(text: str, error: Exception) -> ExpressionError:
    if not isinstance(error, SyntaxError) or "too many nested" in error.msg:
        return _deep()
    column = min(max((error.offset or 1) - 1, 0), len(text))
    for words, what, advice in _SAID:
        if words in error.msg:
            return ExpressionError(what, column, advice)
    end = text.rstrip()
    if _UNFINISHED.search(end):
        return ExpressionError("the condition ends too early", len(end), "say what comes next")
    return ExpressionError(
        "this cannot be read as a condition", column, "join comparisons with `and` or `or`"
    )
