"""Find the slips that people bring from other languages, before Python's grammar is asked.

Python would refuse most of them too, but at a place and in words that help nobody.
"""

from __future__ import annotations

import re

from notifier.core.language.vocabulary import ExpressionError

MAX_LENGTH = 2_000  # characters; a longer condition is several rules

_FINE = r"""'[^'\\\n]*'|"[^"\\\n]*"|==(?!=)|!=(?!=)|<=(?!>)|>=|<(?!>)|>|[^\W\d]\w*|\#[^\n]*"""
_FINE += r"|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|[-+/%(),\[\]\s]|\*(?!\*)"
_PERCENT = r"\d\s*%(?=\s*(?:$|[)<>=!,]|(?:and|or)\b))"

_SLIPS: tuple[tuple[str, str, str], ...] = (
    (r"&&?", "`{}` is not known here", "write `and`"),
    (r"\|\|?", "`{}` is not known here", "write `or`"),
    (r"===|=(?![=<>])|:=", "`{}` does not compare", "write `==`"),
    (r"!(?!=)", "`!` is not known here", "write `not`"),
    (r"!==|<>|≠", "`{}` is not known here", "write `!=`"),
    (r"=<|≤", "`{}` is not known here", "write `<=`"),
    (r"=>|≥", "`{}` is not known here", "write `>=`"),
    (r"×", "`×` is not known here", "write `*`"),
    (r"÷", "`÷` is not known here", "write `/`"),
    (r"[“”„«»‘’‚´`]", "`{}` is a typographic quote", "write ' or \""),
    (r"[{}]+", "a condition is written bare, without braces", "leave `{}` away"),
    (r"\*\*", "powers are not known here", "write a product"),
    (r"\d+[smhd]\b", "`{}` needs quotes", "write '{}' for a duration inside a function"),
    (r"\d[\w.]*", "`{}` is not a number", "write digits with a decimal point, as in 12.5"),
    (r"['\"]", "the text that begins here does not end on its line", "close the quote"),
    (r"\.", "fields have no parts, so no dots", "write the field's name alone"),
    (r"\\", "a backslash has no meaning here", "leave it away"),
    (r".", "`{}` is not known here", "compare fields with == != < <= > >= in, joined by and, or"),
)
_WORDS = {
    **dict.fromkeys(("null", "NULL", "nil", "none", "undefined"), ("None", "is None")),
    **dict.fromkeys(("true", "TRUE"), ("True", "True")),
    **dict.fromkeys(("false", "FALSE"), ("False", "False")),
    **{word.upper(): (word, word) for word in ("and", "or", "not", "in", "is")},
}
_TOKEN = re.compile(f"(?P<percent>{_PERCENT})|(?P<fine>{_FINE})|(?P<rest>.)", re.DOTALL)
_WRONG = [(re.compile(pattern, re.DOTALL), what, advice) for pattern, what, advice in _SLIPS]


def check_spelling(text: str, known: frozenset[str] = frozenset()) -> None:
    """Raise at the first slip.

    known: the vocabulary's names: a field that is called like a foreign word is no slip.

    Raises:
        ExpressionError: too long, or a piece that is no part of the language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the condition has {len(text):,} characters, {MAX_LENGTH:,} at most",
            MAX_LENGTH,
            "make several rules of it",
        )
    position = 0
    while position < len(text):
        position = _step(text, position, known)


def _step(text: str, position: int, known: frozenset[str]) -> int:
    """Return where the piece at *position* ends."""
    match = _TOKEN.match(text, position)
    if match is None or match["rest"]:
        raise _slip(text, position)
    if match["percent"]:
        column = match.end() - 1
        raise ExpressionError("`%` follows a number", column, "percentages compare as percent: 5")
    if match[0] in _WORDS and match[0] not in known:
        right, advice = _WORDS[match[0]]
        what = f"`{match[0]}` is spelt `{right}` here"
        raise ExpressionError(what, position, f"write `{advice}`")
    return match.end()


def _slip(text: str, position: int) -> ExpressionError:
    """Name the slip: the first pattern that fits; the last one always does."""
    what, advice, piece = next(
        (what, advice, match[0])
        for pattern, what, advice in _WRONG
        if (match := pattern.match(text, position))
    )
    shown = piece if piece.isprintable() else "an invisible character"
    return ExpressionError(what.format(shown), position, advice.format(shown))
