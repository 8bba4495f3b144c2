"""Cuts a question into parts: every span that could mean something is weighed, the best cover of the words wins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.agentgraph.planner.items import ColumnLink, Item, Items, TableLink, ValueLink
from app.agentgraph.planner.lexicon import GRAIN_ADJECTIVES, Phrase, Role, Sense, find_phrases
from app.agentgraph.planner.names import NameMatch, name_index
from app.agentgraph.planner.periods import find_periods
from app.agentgraph.planner.schema import Marker, Schema, SchemaColumn, SchemaTable
from app.agentgraph.planner.stored_values import frequent_values, look_up
from app.agentgraph.planner.synonyms import compound_of, equivalents
from app.agentgraph.planner.tokens import ARTICLES, Token, TokenKind
from app.connectors.catalog import ValueIndex
from app.core.i18n import Language

_LONGEST_NAME = 5
_LONGEST_VALUE = 6
_CLOSED = frozenset(
    {Role.OF, Role.IN, Role.AND, Role.OR, Role.NOT, Role.WITH, Role.WHICH, Role.BETWEEN, Role.BY, Role.WHERE}
)
"""Roles of closed word classes; such words alone never name data."""
_WEAK = frozenset({Role.STOP, Role.SOFT, Role.ASK, *_CLOSED, Role.COUNT, Role.SUPERLATIVE, Role.COMPARE, Role.FORECAST})
"""Words of these roles name data only by their very form, not by synonyms."""
_AMOUNTS = frozenset({"value", "valor"})
"""Small words most of the time, but names of a column where there is one of that meaning."""
_TARGETED = frozenset({Role.AGGREGATE, Role.TOTAL, Role.SUPERLATIVE, Role.COUNT, Role.GROWTH, Role.DIFFERENCE})
"""Roles that act on a name after them."""
_AUXILIARIES = frozenset({"do", "does", "did", "is", "are", "was", "were", "has", "had", "have", "be", "can", "will"})
"""English verbs that are no names, even where a key is called so (`did`)."""
_FORM = 0.97
"""The likeness of two forms of one word."""
_ASKED_NAME = 0.9
_NEVER = 2.0
_NAMED_BY_PART = 0.05
"""A table called so is meant; tables whose names only contain or begin the word, and score less by this, are not."""
_JOINED = 0.5
"""What a small word within a name weighs: as much as one that stands alone."""
_MAX_CANDIDATES = 12
_WIDTH = 0.4
"""How much worse than the best a reading may be and still be weighed against what stands around it."""
_MAX_PHRASES = 40
"""Phrases looked up in the value index for one question, so that its time stays bounded."""


@dataclass(slots=True)
class _Span:
    item: Item
    weight: float


@dataclass(slots=True)
class Linker:
    """Links questions over one schema."""

    schema: Schema
    values: ValueIndex
    language: Language
    today: date

    def link(self, tokens: tuple[Token, ...]) -> Items:
        """The parts of the question."""
        words = [token.folded for token in tokens]
        phrases = list(find_phrases(words, self.language))
        spans = [*_phrase_spans(tokens, phrases), *_number_spans(tokens, phrases), *self._period_spans(tokens)]
        roles = _roles(phrases)
        spans += _without_operators(list(self._name_spans(tokens, roles)), phrases, tokens)
        spans += self._frequent_spans(tokens, roles)
        parts = _cover(tokens, spans)
        found = list(self._stored_spans(tokens, parts, roles))
        items = Items(_cover(tokens, [*spans, *found]) if found else parts)
        _settle_ranges(items)
        for item in items:
            self._add_namesakes(item, tokens)
            self._add_asked_names(item, items, tokens)
        return items

    def _add_namesakes(self, item: Item, tokens: tuple[Token, ...]) -> None:
        """Columns of figures that are called as a stored value is: a candidate's votes, where winners are stored."""
        if not item.values or item.quoted or item.end != item.start + 1:
            return
        matches = name_index(self.schema.catalog).match((tokens[item.start].folded,), (1.0,))
        columns = [m.target for m in matches if m.score == 1.0 and isinstance(m.target, SchemaColumn)]
        item.columns = tuple(ColumnLink(c, 1.0) for c in columns if c.is_measure)

    def _add_asked_names(self, item: Item, items: Items, tokens: tuple[Token, ...]) -> None:
        """`which federations exist`: the column of them, where another one also holds the word as a value."""
        before = items.before(item)
        asked = before is not None and before.is_(Role.WHICH, Role.ASK, Role.BY, Role.EACH)
        if not item.values or item.columns or item.quoted or item.end != item.start + 1 or not asked:
            return
        matches = name_index(self.schema.catalog).match((tokens[item.start].folded,), (_FORM,))
        columns = [m for m in matches if isinstance(m.target, SchemaColumn) and m.score >= _ASKED_NAME]
        held = {link.column for link in item.values}
        item.columns = tuple(
            ColumnLink(m.target, m.score)
            for m in columns
            if isinstance(m.target, SchemaColumn) and m.target not in held
        )

    def _period_spans(self, tokens: tuple[Token, ...]) -> Iterator[_Span]:
        for found in find_periods(tokens, self.today):
            item = _item(tokens, found.start, found.end)
            item.period, item.number = found.period, tokens[found.start].number
            exact = tokens[found.start].kind is TokenKind.QUOTED
            yield _Span(item, (1.6 if exact else 1.3) * (found.end - found.start))

    def _name_spans(self, tokens: tuple[Token, ...], roles: dict[int, set[Role]]) -> Iterator[_Span]:
        index = name_index(self.schema.catalog)
        for start in range(len(tokens)):
            for end in range(start + 1, min(len(tokens), start + _LONGEST_NAME) + 1):
                words = _content(tokens, start, end, roles)
                if words is None:
                    continue
                matches = index.match(words, self._floors(tokens, range(start, end), roles))
                if end - start > 1:
                    joined = compound_of(token.folded for token in tokens[start:end])
                    compound = index.match((joined,), (0.0,)) if joined is not None else []
                    matches = sorted([*matches, *compound], key=lambda m: -m.score)
                span = _name_span(tokens, matches, len(words), span=(start, end))
                if span is not None:
                    yield span

    @staticmethod
    def _floors(tokens: tuple[Token, ...], span: range, roles: dict[int, set[Role]]) -> tuple[float, ...]:
        """The least likeness for each naming word of a span: words mostly used otherwise need their very form."""
        inner = [i for i in span if not roles.get(i, set()) & _CLOSED]
        asked = {i for i in inner if i == 0 and Role.ASK in roles.get(i, set()) and len(tokens) > 1}
        asked |= {i for i in inner if tokens[i].text in _AUXILIARIES}
        asked |= {i for i in inner if tokens[i].folded in GRAIN_ADJECTIVES}
        weak = {i for i in inner if roles.get(i, set()) & _WEAK and tokens[i].folded not in _AMOUNTS}
        return tuple(_NEVER if i in asked else 1.0 if i in weak else 0.0 for i in inner)

    def _frequent_spans(self, tokens: tuple[Token, ...], roles: dict[int, set[Role]]) -> Iterator[_Span]:
        frequent, index = frequent_values(self.schema.catalog), name_index(self.schema.catalog)
        for start in range(len(tokens)):
            for end in range(start + 1, min(len(tokens), start + _LONGEST_VALUE) + 1):
                chosen = tokens[start:end]
                if not _may_be_value(tokens, start, end, roles):
                    continue
                written = [token for token in chosen if token.text != ","]
                words = [token.folded for token in written]
                links = frequent.find(words, [token.text for token in written])
                if len(written) < len(chosen):
                    links = tuple(link for link in links if link.score == 1.0)
                if end == start + 1 and Role.GRAIN in roles.get(start, set()):
                    links = tuple(link for link in links if link.score == 1.0)
                timed = end == start + 1 and Role.GRAIN in roles.get(start, set())
                if not links and not timed and not _is_closed(words, start, roles):
                    begun = () if len(words) > 1 or index.knows(words[0]) else frequent.begin(words[0])
                    links = begun or frequent.translate(words)
                if links:
                    yield _value_span(tokens, start, end, links)

    def _stored_spans(
        self, tokens: tuple[Token, ...], parts: list[Item], roles: dict[int, set[Role]]
    ) -> Iterator[_Span]:
        """Values found in the index for what is still unknown, or quoted, or written as a name."""
        known = [(part.start, part.end) for part in parts if part.values]
        spans = [*known, *_wanted(tokens, parts, roles)][:_MAX_PHRASES]
        texts = {(s, e): " ".join(t.text for t in tokens[s:e]) for s, e in spans}
        yield from self._translated_spans(tokens, list(_wanted(tokens, parts, roles)))
        found = look_up(self.values, self.schema, list(dict.fromkeys(texts.values())), partly=True)
        index = name_index(self.schema.catalog)
        for (start, end), text in texts.items():
            partial = text in found and all(link.score < 0.9 for link in found[text])
            if partial and end == start + 1 and index.knows(tokens[start].folded):
                del found[text]
        for part in parts:
            _widen(part, found.get(part.text, ()))
        for (start, end), text in texts.items():
            if text in found:
                yield _value_span(tokens, start, end, found[text])
        frequent = frequent_values(self.schema.catalog)
        for part in parts:
            held = frequent.hold(tokens[part.start].folded) if part.is_unknown and not part.quoted else ()
            if held and part.text not in found:
                yield _value_span(tokens, part.start, part.end, held)

    def _translated_spans(self, tokens: tuple[Token, ...], spans: list[tuple[int, int]]) -> Iterator[_Span]:
        """Rare values that mean what unknown words mean, such as the code of a state that is named in full."""
        meanings = {(s, e): equivalents("_".join(t.folded for t in tokens[s:e])) for s, e in spans}
        wanted = {phrase for phrases in meanings.values() for phrase in phrases}
        found = look_up(self.values, self.schema, sorted(wanted), partly=False) if wanted else {}
        for (start, end), phrases in meanings.items():
            links = [ValueLink(v.column, v.value, 0.85) for phrase in phrases for v in found.get(phrase, ())]
            if links:
                yield _value_span(tokens, start, end, tuple(links[:_MAX_CANDIDATES]))


def _phrase_spans(tokens: tuple[Token, ...], phrases: list[Phrase]) -> Iterator[_Span]:
    for phrase in phrases:
        if any(token.kind is TokenKind.QUOTED for token in tokens[phrase.start : phrase.end]):
            continue
        item = _item(tokens, phrase.start, phrase.end)
        item.sense = phrase.sense
        length = phrase.end - phrase.start
        each = 0.9 if item.is_(Role.GRAIN) else 0.5 if item.is_silent or _is_preposition(item) else 1.0
        yield _Span(item, each * length + 0.06 * (length - 1))


def _is_preposition(item: Item) -> bool:
    """`de` and `from`, which open a range only before a number."""
    return item.is_(Role.BETWEEN) and item.end == item.start + 1 and item.text.casefold() in {"de", "from"}


def _settle_ranges(items: Items) -> None:
    """Settles small words: `de` and `from` open no range where none follows, nor `through`; `é` is no `e`."""
    for item in items:
        if item.is_(Role.AND) and item.text.casefold() == "é":
            item.sense = Sense(Role.STOP)
        elif item.is_(Role.COMPARE) and item.text.casefold() == "through":
            bound = items.after(item, skip=False)
            if bound is None or (bound.number is None and bound.period is None):
                item.sense = Sense(Role.IN)
        elif _is_preposition(item):
            following = items.after(item)
            link = items.after(following, skip=False) if following is not None else None
            high = items.after(link, skip=False) if link is not None else None
            if following is None or following.number is None or high is None or high.number is None:
                item.sense = Sense(Role.OF)


def _number_spans(tokens: tuple[Token, ...], phrases: list[Phrase]) -> Iterator[_Span]:
    compared = {p.end for p in phrases if p.sense.role in {Role.COMPARE, Role.TOP}}
    for position, token in enumerate(tokens):
        if token.kind is TokenKind.QUOTED:
            item = _item(tokens, position, position + 1)
            item.quoted = True
            yield _Span(item, 1.5)
        elif token.kind is TokenKind.SIGN and token.text not in {"<", ">", "=", ">=", "<=", "!=", "<>", "%"}:
            item = _item(tokens, position, position + 1)
            item.sign = True
            yield _Span(item, 0.1)
        elif token.number is not None and (token.folded not in ARTICLES or position in compared):
            item = _item(tokens, position, position + 1)
            item.number = token.number
            yield _Span(item, 1.1)


def _name_span(
    tokens: tuple[Token, ...], matches: list[NameMatch], words: int, *, span: tuple[int, int]
) -> _Span | None:
    if not matches:
        return None
    near = [m for m in matches if m.score >= matches[0].score - _WIDTH][:_MAX_CANDIDATES]
    item = _item(tokens, *span)
    tables = [TableLink(m.target, m.score) for m in near if isinstance(m.target, SchemaTable)]
    named = max((link.score for link in tables), default=0.0) - _NAMED_BY_PART
    item.tables = tuple(link for link in tables if link.score > named)
    columns = [ColumnLink(m.target, m.score) for m in near if isinstance(m.target, SchemaColumn)]
    item.columns = tuple(link for link in columns if not _stands_for_table(link, item.tables))
    best = matches[0].score
    return _Span(item, words * best * 1.1 + (0.2 if best >= 0.95 else 0.05) + _JOINED * (span[1] - span[0] - words))


def _widen(part: Item, links: tuple[ValueLink, ...]) -> None:
    """Adds the other columns that hold a value already recognised."""
    if not part.values or part.values[0].score < 0.9:
        return
    known = {link.column for link in part.values}
    part.values += tuple(link for link in links if link.score > 0.99 and link.column not in known)


def _stands_for_table(link: ColumnLink, tables: tuple[TableLink, ...]) -> bool:
    """A key or the display column of a table that the same words name: the table is meant."""
    column = link.column
    best = max((table.score for table in tables), default=0.0)
    if any(column is table.table.display and set(column.words) <= set(table.table.words) for table in tables):
        return len(column.words) == 1 or best >= link.score
    described = column.marker is not None and set(column.words) <= column.table_words and len(column.words) > 1
    if described and best >= link.score - 0.1:
        return True
    return best >= link.score - 0.15 and (column.is_key or column.marker is Marker.ID)


def _value_span(tokens: tuple[Token, ...], start: int, end: int, links: tuple[ValueLink, ...]) -> _Span:
    item = _item(tokens, start, end)
    item.values = links
    item.quoted = tokens[start].kind is TokenKind.QUOTED
    best = max(link.score for link in links)
    length = end - start
    written_as_name = any(t.text[:1].isupper() for t in tokens[start:end]) and start > 0
    bonus = 0.15 * min(length, 2) if best > 0.99 else 0.0
    return _Span(
        item,
        length * best * 1.1 + bonus + (0.2 if written_as_name and best >= 0.9 else 0) + (0.5 if item.quoted else 0),
    )


def _without_operators(spans: list[_Span], phrases: list[Phrase], tokens: tuple[Token, ...]) -> list[_Span]:
    """Drops names that are operators here: `total` before a name adds up, even where a column is called so."""
    single = [p for p in phrases if p.end == p.start + 1]
    operators = {p.start for p in single if p.sense.role in _TARGETED}
    passed = operators | {p.start for p in single if p.sense.role in {Role.OF, Role.STOP, Role.AND, Role.DISTINCT}}
    passed |= {i for i, token in enumerate(tokens) if token.kind is TokenKind.SIGN}
    named = {span.item.start for span in spans} - operators

    def is_operator(span: _Span) -> bool:
        position = span.item.start
        if span.item.end != position + 1 or position not in operators:
            return False
        following = next((i for i in range(position + 1, len(tokens)) if i not in passed), None)
        return following in named

    return [span for span in spans if not is_operator(span)]


def _content(tokens: tuple[Token, ...], start: int, end: int, roles: dict[int, set[Role]]) -> tuple[str, ...] | None:
    """The words of a span that could name something; None when an end of it cannot."""
    chosen = tokens[start:end]
    if any(t.kind is not TokenKind.WORD and not (t.kind is TokenKind.NUMBER and end - start > 1) for t in chosen):
        return None
    inner = [i for i in range(start, end) if not roles.get(i, set()) & _CLOSED]
    if not inner or inner[0] != start or inner[-1] != end - 1:
        return None
    return tuple(tokens[i].folded for i in inner)


def _may_be_value(tokens: tuple[Token, ...], start: int, end: int, roles: dict[int, set[Role]]) -> bool:
    chosen = tokens[start:end]
    if chosen[0].kind is TokenKind.SIGN or not _is_text(chosen):
        return False
    if end - start > 1:
        return True
    token = chosen[0]
    if token.kind is TokenKind.NUMBER:
        return False
    closed = bool(roles.get(start, set()) & (_CLOSED | {Role.STOP}))
    marked = token.text.isupper() and len(token.text) > 1
    accented = start > 0 and token.text[:1].isupper() and token.text.casefold() != token.folded
    return not closed or token.kind is TokenKind.QUOTED or marked or accented


def _is_text(tokens: tuple[Token, ...]) -> bool:
    """Whether tokens could be one stored text: words, with a comma at most between them (`Rome, Italy`)."""
    signs = [i for i, token in enumerate(tokens) if token.kind is TokenKind.SIGN]
    return all(tokens[i].text == "," and 0 < i < len(tokens) - 1 for i in signs) and len(signs) <= 1


def _is_closed(words: list[str], start: int, roles: dict[int, set[Role]]) -> bool:
    return len(words) == 1 and bool(roles.get(start, set()) & _WEAK)


def _wanted(tokens: tuple[Token, ...], parts: list[Item], roles: dict[int, set[Role]]) -> Iterator[tuple[int, int]]:
    """Spans worth a look-up: all that hold an unknown word, a quoted text or a capital inside the sentence."""
    marked = {i for part in parts if part.is_unknown or part.quoted for i in range(part.start, part.end)}
    marked |= {i for i, t in enumerate(tokens) if i > 0 and t.kind is TokenKind.WORD and t.text[:1].isupper()}
    placed = {i for part in parts if part.values and not part.is_unknown for i in range(part.start, part.end)}
    for length in range(_LONGEST_VALUE - 1, 0, -1):
        for start in range(len(tokens) - length + 1):
            inside = range(start, start + length)
            if not marked & set(inside) or (length == 1 and start in placed and tokens[start].kind is TokenKind.WORD):
                continue
            if not _is_text(tokens[start : start + length]) or roles.get(start + length - 1, set()) & _CLOSED:
                continue
            if (
                not roles.get(start, set()) & (_CLOSED | {Role.STOP, Role.COUNT, Role.ASK})
                or tokens[start].kind is TokenKind.QUOTED
            ):
                yield start, start + length


def _roles(phrases: list[Phrase]) -> dict[int, set[Role]]:
    """The roles of single words by their position."""
    roles: dict[int, set[Role]] = {}
    for phrase in phrases:
        if phrase.end == phrase.start + 1:
            roles.setdefault(phrase.start, set()).add(phrase.sense.role)
    return roles


def _item(tokens: tuple[Token, ...], start: int, end: int) -> Item:
    return Item(start, end, " ".join(token.text for token in tokens[start:end]))


def _cover(tokens: tuple[Token, ...], spans: list[_Span]) -> list[Item]:
    """The parts with the greatest total weight; words outside every part become unknown parts."""
    by_end: dict[int, list[_Span]] = {}
    for span in spans:
        by_end.setdefault(span.item.end, []).append(span)
    best: list[tuple[float, list[Item]]] = [(0.0, [])]
    for end in range(1, len(tokens) + 1):
        weight, items = best[end - 1]
        choice = (weight, [*items, _item(tokens, end - 1, end)])
        for span in by_end.get(end, ()):
            before, kept = best[span.item.start]
            if before + span.weight > choice[0]:
                choice = (before + span.weight, [*kept, span.item])
        best.append(choice)
    return best[-1][1]
