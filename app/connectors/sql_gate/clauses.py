"""What the parser does not read, or would write as something else: hidden from it, and put back into what it writes.

These are keywords inside of calls (SQL/JSON, SQL/XML, PARSE, EXPORT_STATE), a few functions that it takes for others of
the same name elsewhere, and REGEXP, for which MySQL has a function that MariaDB lacks.

`JSON_QUERY(j, '$.a' WITH WRAPPER)` is parsed as a call of two arguments and a third one that stands for `WITH WRAPPER`.
What is hidden consists of keywords of a closed list, names, types and plain literals; all expressions stay in sight.
"""

import re
import secrets
from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.words import words

MARK = f"KEPT{secrets.token_hex(8).upper()}"
"""Part of the texts that stand for something hidden; nobody outside can guess it."""

_JSON = words("""
PASSING AS RETURNING FORMAT JSON ENCODING WITH WITHOUT CONDITIONAL UNCONDITIONAL ARRAY WRAPPER KEEP OMIT QUOTES SCALAR
STRING ON EMPTY ERROR NULL DEFAULT TRUE FALSE UNKNOWN OBJECT ABSENT UNIQUE KEYS COLUMNS NESTED PATH FOR ORDINALITY
EXISTS VALUE :
""")
_XML = words("NAME CONTENT DOCUMENT PASSING BY REF VALUE COLUMNS AS VERSION STANDALONE YES NO INDENT")
_COLUMN_WORDS = _JSON | words("NOT") | _XML
_LEADING = words("NAME CONTENT DOCUMENT")
_BEFORE_NAME = words("AS NAME RETURNING")
_CONSTANT_WORDS = words("NULL TRUE FALSE ERROR EMPTY")
_SQL_JSON = "JSON JSON_SCALAR JSON_SERIALIZE JSON_VALUE JSON_QUERY JSON_EXISTS JSON_ARRAY JSON_ARRAYAGG JSON_TABLE"
_SQL_XML = "XMLELEMENT XMLFOREST XMLATTRIBUTES XMLEXISTS XMLPARSE XMLPI XMLROOT XMLTABLE XMLSERIALIZE"
_CALLS: dict[str, dict[str, frozenset[str]]] = {
    "postgres": {
        **dict.fromkeys(f"{_SQL_JSON} JSON_OBJECT JSON_OBJECTAGG".split(), _JSON),
        **dict.fromkeys(_SQL_XML.split(), _XML),
        **dict.fromkeys("TO_HEX DATE_ADD DATE_SUBTRACT".split(), frozenset[str]()),
    },
    "mysql": {"JSON_TABLE": _JSON, **dict.fromkeys("LOG10 LOG2 MEDIAN".split(), frozenset[str]())},
    "tsql": {
        **dict.fromkeys("JSON_OBJECT JSON_OBJECTAGG JSON_ARRAY JSON_ARRAYAGG".split(), _JSON),
        **dict.fromkeys("PARSE TRY_PARSE".split(), words("AS USING")),
    },
}
_PLAIN = frozenset({TokenType.STRING, TokenType.NUMBER})
_STATE = "EXPORT_STATE"
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Hidden:
    """What was hidden from the parser in one text."""

    texts: list[tuple[str, bool]] = field(default_factory=list)
    """Each hidden text, and whether a comma stood behind it."""

    def restore(self, sql: str) -> str:
        """`sql` with everything in its place again."""
        if MARK not in sql:
            return sql
        sql = re.sub(rf" FILTER\(WHERE '{MARK}'\)", f" {_STATE}", sql)
        sql = re.sub(rf"(?:, |(?<=\()|\s)'{MARK}_(\d+)'(, )?", self._text, sql)
        return sql.replace(f"OPERATOR({MARK})", "REGEXP").replace(f"_{MARK}", "")

    def _text(self, match: re.Match[str]) -> str:
        text, comma = self.texts[int(match[1])]
        before = "" if match[0].startswith("'") else " "
        return f"{before}{text}{', ' if comma else ' ' if match[2] else ''}"


def hide(tokens: list[Token], sql: str, dialect: str) -> tuple[list[Token], Hidden]:
    """Tokens that the parser understands, and what they stand for. Raises RefusedByPolicy for a wrong inside."""
    hidden = Hidden()
    calls = _CALLS.get(dialect, {})
    if dialect == "duckdb":
        return _hide_states(tokens), hidden
    if not any(token.text.upper() in calls for token in tokens):
        return tokens, hidden
    return _Hiding(tokens, sql, calls, hidden).run(), hidden


def is_marked(name: str) -> bool:
    """Whether a call was found to be one of these, and its inside was checked."""
    return name.upper().endswith(MARK)


def unmarked(name: str) -> str:
    """The name that a marked call has in the text."""
    return name[: -len(MARK) - 1]


def _hide_states(tokens: list[Token]) -> list[Token]:
    shown: list[Token] = []
    for token in tokens:
        if token.text.upper() == _STATE and shown and shown[-1].token_type is TokenType.R_PAREN:
            shown += [
                _like(token, TokenType.FILTER, "FILTER"),
                _like(token, TokenType.L_PAREN, "("),
                _like(token, TokenType.WHERE, "WHERE"),
                _like(token, TokenType.STRING, MARK),
                _like(token, TokenType.R_PAREN, ")"),
            ]
        else:
            shown.append(token)
    return shown


def _like(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, token.line, token.col, token.start, token.end, [])


class _Hiding:
    """One pass over the tokens of a text; `_keywords` holds those of each open parenthesis."""

    def __init__(self, tokens: list[Token], sql: str, calls: dict[str, frozenset[str]], hidden: Hidden) -> None:
        self._tokens = tokens
        self._sql = sql
        self._calls = calls
        self._hidden = hidden
        self._shown: list[Token] = []
        self._place = 0
        self._keywords: list[frozenset[str]] = []

    def run(self) -> list[Token]:
        """The tokens to parse."""
        while self._place < len(self._tokens):
            if self._keywords and self._keywords[-1] and self._begins_run():
                self._hide_run()
            else:
                self._show()
        return self._shown

    def _show(self) -> None:
        token = self._tokens[self._place]
        self._place += 1
        if token.token_type is TokenType.L_PAREN:
            self._keywords.append(self._open_call())
        elif token.token_type is TokenType.R_PAREN and self._keywords:
            self._keywords.pop()
        self._shown.append(token)

    def _open_call(self) -> frozenset[str]:
        name = self._shown[-1] if self._shown else None
        if name is None or name.token_type in {TokenType.IDENTIFIER, TokenType.STRING}:
            return frozenset()
        keywords = self._calls.get(name.text.upper())
        if keywords is None:
            return frozenset()
        self._shown[-1] = _like(name, TokenType.VAR, f"{name.text}_{MARK}")
        return keywords

    def _word(self, place: int) -> str:
        if place >= len(self._tokens) or self._tokens[place].token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
            return ""
        return self._tokens[place].text.upper()

    def _begins_run(self) -> bool:
        word = self._word(self._place)
        if word not in self._keywords[-1]:
            return False
        before = self._shown[-1].token_type
        if before in {TokenType.L_PAREN, TokenType.COMMA}:
            return word in _LEADING and self._word(self._place + 1) not in {",", ")", "(", "."}
        return before in _PLAIN or before in {TokenType.R_PAREN, TokenType.R_BRACKET} or _is_word(self._shown[-1])

    def _hide_run(self) -> None:
        start = self._place
        while (word := self._word(self._place)) in self._keywords[-1]:
            self._place += 1
            if word == "COLUMNS":
                self._skip_columns()
            elif word in _BEFORE_NAME and self._word(self._place) not in {"JSON_", ")"}:
                self._skip_name()
        self._add(start)

    def _add(self, start: int) -> None:
        first, last = self._tokens[start], self._tokens[self._place - 1]
        text = " ".join(self._sql[token.start : token.end + 1] for token in self._tokens[start : self._place])
        real_comma = self._word(self._place) == ","
        if self._shown[-1].token_type not in {TokenType.L_PAREN, TokenType.COMMA}:
            self._shown.append(_like(first, TokenType.COMMA, ","))
        self._shown.append(_like(last, TokenType.STRING, f"{MARK}_{len(self._hidden.texts)}"))
        if not real_comma and self._word(self._place) != ")":
            self._shown.append(_like(last, TokenType.COMMA, ","))
        self._hidden.texts.append((text, real_comma))

    def _skip_name(self) -> None:
        """Passes a name, or a type with its sizes: `varchar(10)`, `numeric(10, 2)`, `text[]`."""
        while self._place < len(self._tokens) and (
            _is_word(self._tokens[self._place]) or self._tokens[self._place].token_type is TokenType.IDENTIFIER
        ):
            if self._word(self._place) in self._keywords[-1] and self._tokens[self._place - 1].text.upper() not in (
                _BEFORE_NAME
            ):
                return
            self._place += 1
        self._skip_sizes()

    def _skip_sizes(self) -> None:
        closing = {"(": ")", "[": "]"}.get(self._word(self._place))
        if closing is None:
            return
        self._place += 1
        while self._word(self._place) != closing:
            if not (self._word(self._place).isdigit() or self._word(self._place) in {",", "MAX"}):
                raise _wrong()
            self._place += 1
        self._place += 1

    def _skip_columns(self) -> None:
        """Passes column definitions, which may hold names, types, keywords and literals alone."""
        bracketed = self._word(self._place) == "("
        depth = 0
        while self._place < len(self._tokens):
            token, word = self._tokens[self._place], self._word(self._place)
            if word == ")" and depth == 0:
                return
            if not (word in {"(", ")", ",", "[", "]", "-"} or token.token_type in _PLAIN or _is_named(token)):
                raise _wrong()
            self._check_call(word)
            depth += (word == "(") - (word == ")")
            self._place += 1
            if bracketed and depth == 0:
                return
        raise _wrong()

    def _check_call(self, word: str) -> None:
        """A parenthesis opens columns or the sizes of a type; what follows DEFAULT is a literal."""
        before = self._word(self._place - 1)
        if word == "(" and before != "COLUMNS" and not self._word(self._place + 1).isdigit():
            raise _wrong()
        if word == "(" and self._word(self._place - 2) == "DEFAULT":
            raise _wrong()
        if before == "DEFAULT" and not (
            self._tokens[self._place].token_type in _PLAIN or word in _CONSTANT_WORDS or word == "-"
        ):
            raise _wrong()


def _is_word(token: Token) -> bool:
    return token.token_type not in _PLAIN and bool(_WORD.fullmatch(token.text))


def _is_named(token: Token) -> bool:
    return token.token_type is TokenType.IDENTIFIER or _is_word(token)


def _wrong() -> Exception:
    return refuse(Rule.CONSTRUCT, "this call holds something that the gate does not know")
