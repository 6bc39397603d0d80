"""Find the line and column of each value in a TOML text. Only used once something is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

Loc = tuple[str | int, ...]
"""Where a value is in the data: ``("rule", 3, "to", 0)``."""

Place = tuple[int, int]
"""Line and column, from 1, in characters."""

_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|\s+|.)", re.DOTALL)
_KEYS = ("bare_key", "quoted_key", "dotted_key")


class Places:
    """Where the values and keys of one text are."""

    def __init__(self, text: str) -> None:
        from tree_sitter import Language, Parser  # 7 ms that a file without mistakes saves
        from tree_sitter_toml import language

        self._source = text.encode("utf-8", "surrogatepass")
        self._lines = self._source.split(b"\n")
        self._values: dict[Loc, Node] = {
            (): Parser(Language(language())).parse(self._source).root_node
        }
        self._keys: dict[Loc, Node] = {}
        self._tables(self._values[()])

    def value(self, loc: Loc) -> Place:
        """Where a value begins; where it is missing, its table's head."""
        return self._place(self._nearest(loc))

    def key(self, loc: Loc) -> Place:
        """Where a key begins; where it is missing, its table's head."""
        node = self._keys.get(loc)
        return self._place(node) if node else self.value(loc)

    def within(self, loc: Loc, offset: int) -> Place:
        """Where the character *offset*, from 0, of a text value is written."""
        node = self._nearest(loc)
        if loc not in self._values or node.type != "string":
            return self._place(node)
        row, column = node.start_point
        source = self._text(node)
        before = source[: _skip(source, offset)]
        newlines = before.count("\n")
        if newlines:
            return row + newlines + 1, len(before) - before.rindex("\n")
        return row + 1, self._characters(row, column) + len(before) + 1

    def _nearest(self, loc: Loc) -> Node:
        while loc not in self._values:
            loc = loc[:-1]
        return self._values[loc]

    def _place(self, node: Node) -> Place:
        row, column = node.start_point
        return row + 1, self._characters(row, column) + 1

    def _characters(self, row: int, column: int) -> int:
        return len(self._lines[row][:column].decode("utf-8", "surrogatepass"))

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def _tables(self, root: Node) -> None:
        counts: dict[Loc, int] = {}
        for child in root.named_children:
            if child.type == "pair":
                self._pair((), child)
            elif child.type in ("table", "table_array_element"):
                self._table(child, counts)

    def _table(self, node: Node, counts: dict[Loc, int]) -> None:
        """Read ``[a.b]`` or ``[[a.b]]``; a part of the name that is a list means its last item."""
        prefix: Loc = ()
        last: Loc = ()
        for part in self._names(node):
            prefix = last = (*prefix, self._name(part))
            self._keys.setdefault(prefix, part)
            self._values.setdefault(prefix, node)
            if prefix in counts:
                prefix = (*prefix, counts[prefix])
        if node.type == "table_array_element":
            counts[last] = counts.get(last, -1) + 1
            prefix = (*last, counts[last])
        self._values.setdefault(prefix, node)
        for child in node.named_children:
            if child.type == "pair":
                self._pair(prefix, child)

    def _pair(self, prefix: Loc, node: Node) -> None:
        pending = [(prefix, node)]
        while pending:  # not by recursion: brackets may be nested deep
            loc, part = pending.pop()
            parts = self._pair_parts if part.type == "pair" else self._value_parts
            pending.extend(parts(loc, part))

    def _pair_parts(self, prefix: Loc, node: Node) -> Iterator[tuple[Loc, Node]]:
        for part in self._names(node):
            prefix = (*prefix, self._name(part))
            self._keys.setdefault(prefix, part)
            self._values.setdefault(prefix, node)
        yield from ((prefix, each) for each in _inner(node) if each.type not in _KEYS)

    def _value_parts(self, loc: Loc, node: Node) -> Iterator[tuple[Loc, Node]]:
        self._values[loc] = node
        if node.type == "inline_table":
            yield from ((loc, pair) for pair in _inner(node))
        elif node.type == "array":
            yield from (((*loc, index), item) for index, item in enumerate(_inner(node)))

    def _names(self, node: Node) -> Iterator[Node]:
        """The parts of the key that a pair or a table's head begins with."""
        key = next((child for child in node.named_children if child.type in _KEYS), None)
        pending = [key] if key else []
        while pending:
            part = pending.pop()
            if part.type == "dotted_key":
                pending.extend(reversed(part.named_children))
            else:
                yield part

    def _name(self, node: Node) -> str:
        text = self._text(node)
        return text if node.type == "bare_key" else str(tomllib.loads(f"key = {text}")["key"])


def _inner(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _skip(source: str, offset: int) -> int:
    """Return where character *offset* of a string's value is in its *source*, quotes included."""
    quotes = 3 if source[:3] in ('"""', "'''") else 1
    position = quotes
    if quotes == 3 and source[position : position + 1] == "\n":
        position += 1  # TOML drops the first line end
    end = len(source) - quotes
    while position < end:
        escape = _ESCAPE.match(source, position, end) if source[0] == '"' else None
        folded = escape is not None and escape[0][1].isspace()  # a line end that is not there
        if offset <= 0 and not folded:
            break
        position = escape.end() if escape else position + 1
        offset -= not folded
    return position
