"""What the gate decides on the bare text, before a parser sees it: length, characters, comments, tokens, nesting."""

import re
from functools import lru_cache
from itertools import pairwise

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.words import words
from app.core.errors import SqlInvalid

MAX_CHARS = 20_000
MAX_TOKENS = 4_000
MAX_DEPTH = 60
"""Caps of `security.md` T7: with them the parser's worst case stays below 100 ms, without them it takes seconds."""

_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, and marks that make text read in another order than it runs."""

_PLAIN = r"'(?:[^']|'')*'"
_ESCAPED = r"'(?:[^'\\]|''|\\.)*'"
_DOUBLE = r'"(?:[^"]|"")*"'
_DOUBLE_ESCAPED = r'"(?:[^"\\]|""|\\.)*"'
_BACKTICK = r"`(?:[^`]|``)*`"
_BRACKET = r"\[(?:[^\]]|\]\])*\]"
_DOLLAR = r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
_LINE = r"--[^\n]*"
_BLOCK = r"/\*.*?\*/"

_QUOTED: dict[str, str] = {
    "sqlite": "|".join((_PLAIN, _DOUBLE, _BACKTICK, _BRACKET, _LINE, _BLOCK)),
    "tsql": "|".join((_PLAIN, _DOUBLE, _BRACKET, _LINE, _BLOCK)),
    "postgres": "|".join((r"\b[eE]" + _ESCAPED, _PLAIN, _DOUBLE, _DOLLAR, _LINE, _BLOCK)),
    "duckdb": "|".join((r"\b[eE]" + _ESCAPED, _PLAIN, _DOUBLE, _DOLLAR, _LINE, _BLOCK)),
    "mysql": "|".join((_ESCAPED, _DOUBLE_ESCAPED, _BACKTICK, r"#[^\n]*", r"--(?:\s[^\n]*|$)", r"/\*(?![!M]).*?\*/")),
    "oracle": "|".join((_PLAIN, _DOUBLE, _LINE, _BLOCK)),
    "clickhouse": "|".join((_ESCAPED, _DOUBLE_ESCAPED, _BACKTICK, _LINE, _BLOCK)),
    "snowflake": "|".join((_ESCAPED, _DOUBLE, r"\$\$.*?\$\$", _LINE, r"//[^\n]*", _BLOCK)),
    "bigquery": "|".join((_ESCAPED, _DOUBLE_ESCAPED, _BACKTICK, _LINE, r"#[^\n]*", _BLOCK)),
    "redshift": "|".join((_ESCAPED, _DOUBLE, _LINE, _BLOCK)),
    "": "|".join((_PLAIN, _DOUBLE, _BACKTICK, _LINE, _BLOCK)),
}
"""Per dialect, everything between quotes or comment marks: what is left is bare SQL."""

_MORE_DIGITS = re.compile(r"(?:_\d+)+")
_BASED_DIGITS = re.compile(r"[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+")
_TYPES_OF_LITERALS = words("""
box circle line lseg path point polygon cidr macaddr macaddr8 pg_lsn xid8 tsquery tsvector jsonpath ltree lquery
ltxtquery hstore cube citext vector halfvec sparsevec geometry geography int4range int8range numrange tsrange
tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange regclass
regtype name oid
""")
"""Types of PostgreSQL that the parser does not know as such in front of a text."""

_BEFORE_VALUES = words("SELECT WHERE AND OR NOT ON THEN ELSE WHEN BY IN BETWEEN LIKE HAVING DISTINCT ALL CASE FROM IS")

_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})
_PREFIXES = frozenset({TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.PLUS, TokenType.DISTINCT})


@lru_cache(maxsize=16)
def _quoted(dialect: str) -> re.Pattern[str]:
    return re.compile(_QUOTED[dialect], re.DOTALL)


def _bare(sql: str, dialect: str) -> str:
    return _quoted(dialect).sub(" ", sql)


def has_forbidden_characters(text: str) -> bool:
    """Whether there are characters in `text` that no honest query needs."""
    return _FORBIDDEN.search(text) is not None


def prepare(sql: str, dialect: str) -> str:
    """The text to parse, after the checks on characters.

    Raises RefusedByPolicy for text that is too long, holds characters or comments that no honest query needs.
    """
    if len(sql) > MAX_CHARS:
        raise refuse(Rule.TOO_LONG, f"the text is longer than {MAX_CHARS} characters")
    if has_forbidden_characters(sql):
        raise refuse(Rule.CHARACTER, "the text holds control characters or marks of writing direction")
    if dialect == "mysql":
        return _prepare_mysql(sql)
    if dialect == "redshift" and "\\'" in sql:
        raise refuse(Rule.CHARACTER, "a backslash before a quote may or may not end the text: write two quotes")
    _refuse_bare_marks(_bare(sql, dialect))
    return sql


def _prepare_mysql(sql: str) -> str:
    bare = _bare(sql, "mysql")
    if "/*!" in bare or "/*M" in bare:
        raise refuse(Rule.EXECUTABLE_COMMENT, "comments that the server executes are not allowed")
    _refuse_bare_marks(bare)
    if "--" not in bare:
        return sql
    return _split_double_minus(sql)


def _split_double_minus(sql: str) -> str:
    """`--` without a space after it is two minus signs for the server, but a comment for the parser."""
    parts, end = [], 0
    for match in _quoted("mysql").finditer(sql):
        parts += [sql[end : match.start()].replace("--", "- -"), match.group()]
        end = match.end()
    return "".join([*parts, sql[end:].replace("--", "- -")])


def _refuse_bare_marks(bare: str) -> None:
    if "\\" in bare:
        raise refuse(Rule.CHARACTER, "a backslash outside of quotes is a client's command, not SQL")
    if re.search(r"\b[uU]&", bare):
        raise refuse(Rule.CHARACTER, "names written with Unicode escapes are not allowed")


def tokens_of(sql: str, language: Dialect, dialect: str) -> list[Token]:
    """The tokens of `sql`, once their number and nesting are known to be bearable for the parser."""
    try:
        tokens = language.tokenize(sql)
    except SqlglotError as error:
        raise SqlInvalid(reason="the text has quotes or comments that do not end") from error
    if len(tokens) > MAX_TOKENS:
        raise refuse(Rule.TOO_LONG, f"the text has more than {MAX_TOKENS} tokens")
    if _depth(tokens) > MAX_DEPTH:
        raise refuse(Rule.TOO_DEEP, f"the text is nested deeper than {MAX_DEPTH} levels")
    tokens = _join_digits(tokens, based=dialect == "postgres")
    _refuse_glued(tokens)
    return _typed_after(tokens) if dialect == "postgres" else tokens


def _join_digits(tokens: list[Token], *, based: bool) -> list[Token]:
    """`1_000`, and `0b11` where `based`, as the number of newer engines; the parser sees an alias behind a number."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        glued = last is not None and last.token_type is TokenType.NUMBER and token.start == last.end + 1
        text = _number_text(last.text, token.text, based=based) if last is not None and glued else ""
        if last is not None and text:
            joined[-1] = Token(TokenType.NUMBER, text, last.line, last.col, last.start, token.end, [])
        else:
            joined.append(token)
    return joined


def _number_text(first: str, rest: str, *, based: bool) -> str:
    if _MORE_DIGITS.fullmatch(rest):
        return first + rest.replace("_", "")
    if based and first == "0" and _BASED_DIGITS.fullmatch(rest):
        return str(int(f"0{rest}", 0))
    return ""


def _typed_after(tokens: list[Token]) -> list[Token]:
    """`box '(0,0)'` as `'(0,0)'::box`: the parser would take the type for a column and the text for its alias."""
    turned: list[Token] = []
    for token in tokens:
        last = turned[-1] if turned else None
        if (
            last is not None
            and token.token_type is TokenType.STRING
            and last.token_type is not TokenType.IDENTIFIER
            and last.text.lower() in _TYPES_OF_LITERALS
            and _begins_operand(turned)
        ):
            cast = Token(TokenType.DCOLON, "::", last.line, last.col, last.start, last.end, [])
            turned[-1:] = [token, cast, last]
        else:
            turned.append(token)
    return turned


def _begins_operand(tokens: list[Token]) -> bool:
    """Whether the last token stands where a value may begin: behind an operator or one of some words."""
    before = tokens[-2] if len(tokens) > 1 else None
    return before is not None and (before.text.upper() in _BEFORE_VALUES or not before.text[-1:].isalnum())


def _refuse_glued(tokens: list[Token]) -> None:
    """A number and a name without space between them mean other things to other engines: they must stand apart."""
    for token, after in pairwise(tokens):
        if token.token_type is TokenType.NUMBER and after.start == token.end + 1 and after.text[:1].isidentifier():
            raise SqlInvalid(reason=f"there must be a space between {token.text[:20]} and {after.text[:20]}")


def _depth(tokens: list[Token]) -> int:
    depth = deepest = run = subscripts = 0
    previous: TokenType | None = None
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            depth += 1
        elif kind in _CLOSING:
            depth = max(depth - 1, 0)
        run = run + 1 if kind is previous or kind in _PREFIXES else 0
        # a[1][1]… nests one level a link, and costs the parser the square of their number.
        subscripts += kind is TokenType.L_BRACKET and previous is TokenType.R_BRACKET
        previous = kind
        deepest = max(deepest, depth, run, subscripts)
    return deepest
