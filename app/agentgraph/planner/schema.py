"""The catalog as the planner sees it: the words of every name, and what each column can serve for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from app.agentgraph.planner.synonyms import groups_of
from app.agentgraph.planner.words import fold, name_words, stems
from app.connectors.catalog import Catalog, ColumnProfile, DataType, TableProfile

_NUMBERS = frozenset({DataType.INTEGER, DataType.REAL})
_TIMES = frozenset({DataType.DATE, DataType.TIMESTAMP})
_KEYS = frozenset(
    "id ids codigo code cod cd key chave pk uuid sq seq siafi ibge iso cep zip ddd fips "
    "phone telephone telefone fax celular cpf cnpj".split()
)
_NAMES = frozenset("name nome title titulo label nm".split())
_PERSONS = frozenset(
    "name nome player athlete contestant driver rider winner candidate artist actor actress member singer swimmer "
    "runner skater cyclist person author director diver gymnast fighter wrestler golfer skier president mayor "
    "champion jogador atleta piloto vencedor candidato artista ator atriz membro cantor pessoa autor diretor "
    "presidente prefeito campeao opponent "
    "adversario oponente competitor competidor participant participante employee funcionario student "
    "aluno".split()
)
"""Words of columns that name people, singular."""
_RANKS = frozenset("rank ranking pos position place no number posicao colocacao ordem numero".split())
_ORDINALS = frozenset("ordem order sequencia sequence sequencial linha line item".split())
_YEARS = frozenset("year ano yr season temporada".split())
_YEARLY = frozenset(
    "built founded established opened released constructed completed introduced launched construido construida fundado "
    "fundada inaugurado inaugurada lancado lancada".split()
)
"""Whole names of columns that tell the year in which something came to be."""
_MONTHS = frozenset("month mes".split())
_RATES = frozenset(
    "rate taxa indice index ratio percent percentage percentual media average avg mean price preco temperature "
    "temperatura temp age idade lat latitude lon longitude density densidade rating score nota rank ranking position "
    "posicao level nivel height altura weight peso altitude expectancy exp min max minimum maximum highest lowest "
    "percap capita carat".split()
)
_FLOWS = frozenset(
    "faturamento receita revenue sales vendas venda lucro profit quantidade quantity qtd qtde units unidades despesa "
    "despesas expense expenses gasto gastos deaths obitos mortes votes votos amount valor value income turnover "
    "arrecadacao montante pagamento payment".split()
)
"""Words of amounts that come with every deal or event, so that a thing's rows add up to what it has of them."""
_SERIAL_ROWS = 20
_MARKERS = {
    "ds": "description", "nm": "name", "sg": "acronym", "cd": "code", "nr": "number", "sq": "sequence", "vr": "value",
    "vl": "value", "dt": "date", "hh": "hour", "hr": "hour", "qt": "quantity", "qtd": "quantity", "qtde": "quantity",
    "tp": "type", "st": "status", "num": "number", "no": "number", "dsc": "description", "cod": "code", "id": "id",
}  # fmt: skip
"""Prefixes that data dictionaries put before the word that matters, mostly the Brazilian government's."""
_SHORT_KEY = re.compile(r"[a-z]{1,2}id")
_NO_KEYS = frozenset("paid said void acid grid arid avid maid raid bid mid".split())
_ROW = "rowid"
_ROW_NUMBERED = frozenset({"sqlite", "duckdb"})
"""Dialects in which the rows of a file can be told by their place."""
_TEXTUAL_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TRUE = frozenset({"1", "true", "yes", "sim", "y", "s", "t"})
_FALSE = frozenset({"0", "false", "no", "nao", "n", "f"})


class Marker(StrEnum):
    """What the prefix or the generic word of a column's name says about it."""

    DESCRIPTION = "description"
    NAME = "name"
    ACRONYM = "acronym"
    CODE = "code"
    NUMBER = "number"
    SEQUENCE = "sequence"
    VALUE = "value"
    DATE = "date"
    HOUR = "hour"
    QUANTITY = "quantity"
    TYPE = "type"
    STATUS = "status"
    ID = "id"


@dataclass(frozen=True, eq=False)
class SchemaColumn:
    """A column with the words of its name; equal only to itself."""

    table: str
    profile: ColumnProfile
    words: tuple[str, ...]
    """Folded words of the name (or of the header, where that has more), markers removed."""
    marker: Marker | None
    table_words: frozenset[str]
    rows: int | None
    is_key: bool
    is_place: bool = False
    """No column of the table, but where its rows stand."""

    @property
    def name(self) -> str:
        """The SQL identifier."""
        return self.profile.name

    @cached_property
    def all_words(self) -> tuple[str, ...]:
        """The words of the name with what its marker stands for."""
        return (*self.words, self.marker.value) if self.marker is not None else self.words

    @cached_property
    def is_numeric_text(self) -> bool:
        """Text in which every known value is a number."""
        values = [str(v.value) for v in self.profile.common if v.value is not None]
        return (
            self.profile.type is DataType.TEXT
            and bool(values)
            and all(_TEXTUAL_NUMBER.fullmatch(value) for value in values)
        )

    @cached_property
    def is_number(self) -> bool:
        """Can be compared with numbers."""
        return self.profile.type in _NUMBERS or self.is_numeric_text

    @cached_property
    def is_time(self) -> bool:
        """Holds dates or moments."""
        return self.profile.type in _TIMES

    @cached_property
    def is_year(self) -> bool:
        """Holds years as numbers: called so, or `built` and the like, and all within 1000 and 2200."""
        named = bool(_YEARS & set(self.words)) or (len(self.words) == 1 and self.words[0] in _YEARLY)
        return self.is_number and named and _within(self.profile, 1000, 2200)

    @cached_property
    def is_month(self) -> bool:
        """Holds months as numbers 1 to 12."""
        return self.is_number and bool(_MONTHS & set(self.words)) and _within(self.profile, 1, 12)

    @cached_property
    def is_code(self) -> bool:
        """Identifies things, so that sums and averages of it mean nothing."""
        coded = self.marker in {Marker.CODE, Marker.SEQUENCE, Marker.ID} or bool(_KEYS & set(self.words))
        short = len(self.words) == 1 and bool(_SHORT_KEY.fullmatch(self.words[0])) and self.words[0] not in _NO_KEYS
        coded = coded or (short and self.profile.type is DataType.INTEGER)
        numbered = self.profile.type is DataType.TEXT or bool(_ORDINALS & set(self.words))
        return self.is_key or coded or self._is_serial or (self.marker is Marker.NUMBER and numbered)

    @cached_property
    def _is_serial(self) -> bool:
        """Whole numbers without repetition or gap from above one, such as those of orders."""
        if self.profile.type is not DataType.INTEGER or not self.is_unique or (self.rows or 0) < _SERIAL_ROWS:
            return False
        low, high = self.profile.minimum, self.profile.maximum
        if not isinstance(low, int) or not isinstance(high, int):
            return False
        return low > (self.rows or 0) and high - low < (self.rows or 0)

    @cached_property
    def is_flow(self) -> bool:
        """An amount of each row that adds up over time, unlike a population or a price."""
        return self.is_additive and (bool(_FLOWS & set(self.words)) or self.marker is Marker.VALUE)

    @cached_property
    def is_name(self) -> bool:
        """Holds names of the table's rows or of something else."""
        return self.profile.type is DataType.TEXT and (self.marker is Marker.NAME or bool(_NAMES & set(self.words)))

    @cached_property
    def is_measure(self) -> bool:
        """A number that can be summed or averaged."""
        return self.is_number and not self.is_code and not self.is_year and not self.is_month

    @cached_property
    def is_additive(self) -> bool:
        """A measure whose sum means something: not a rate, a price or a temperature."""
        return self.is_measure and not (_RATES & set(self.words)) and self.profile.unit != "%"

    @cached_property
    def is_unique(self) -> bool:
        """Every row has its own value."""
        return bool(self.rows) and self.profile.distinct == self.rows

    @cached_property
    def truth(self) -> tuple[object, object] | None:
        """The stored values for true and false, when the column holds only such; a lone `1` is a number."""
        if self.profile.type is DataType.BOOLEAN:
            return 1, 0
        values = {fold(str(v.value)): v.value for v in self.profile.common if v.value is not None}
        if self.profile.type in _NUMBERS and len(values) < 2:
            return None
        if not values or len(values) > 2 or (self.profile.distinct or 0) > 2:
            return None
        if not set(values) <= _TRUE | _FALSE:
            return None
        yes = next((values[v] for v in values if v in _TRUE), None)
        no = next((values[v] for v in values if v in _FALSE), None)
        return (yes, no) if yes is not None or no is not None else None


@dataclass(frozen=True, eq=False)
class SchemaTable:
    """A table with the words of its name and its columns."""

    profile: TableProfile
    words: tuple[str, ...]
    columns: tuple[SchemaColumn, ...]
    place: SchemaColumn | None = None
    """Where a row stands, for tables whose rows keep the order of their file; None where order means nothing."""

    @property
    def name(self) -> str:
        """The SQL identifier."""
        return self.profile.name

    @cached_property
    def display(self) -> SchemaColumn | None:
        """The column that names a row to people: a name or title, a text called like the table, or unique text."""
        own = [c for c in self.columns if c.is_name and set(c.words) <= _NAMES | set(self.words)]
        alike = [c for c in self.columns if _same_words(c.words, self.words) and not c.is_key and not c.is_number]
        named = [c for c in self.columns if c.is_name and c.profile.distinct != 1]
        texts = [c for c in self.columns if c.profile.type is DataType.TEXT and c.is_unique and not c.is_code]
        texts = [c for c in texts if not _RANKS & set(c.words)]
        return next(iter([*own, *alike, *named, *texts]), None)

    @cached_property
    def person(self) -> SchemaColumn | None:
        """The text column that names people; None when there is none or several could."""
        named = [c for c in self.columns if c.profile.type is DataType.TEXT and _PERSONS & set(c.words)]
        return named[0] if named and (len(named) == 1 or named[0].is_name) else None

    @cached_property
    def keys(self) -> tuple[SchemaColumn, ...]:
        """The primary key as declared, or the single unique code column."""
        declared = tuple(c for c in self.columns if c.name in self.profile.primary_key)
        return declared or tuple(c for c in self.columns if c.is_code and c.is_unique)[:1]

    @cached_property
    def times(self) -> tuple[SchemaColumn, ...]:
        """Columns of dates, those about the record's making or printing last."""
        return tuple(sorted((c for c in self.columns if c.is_time), key=_is_bookkeeping))

    @cached_property
    def measures(self) -> tuple[SchemaColumn, ...]:
        """Columns that can be summed or averaged."""
        return tuple(c for c in self.columns if c.is_measure)


@dataclass(frozen=True, eq=False)
class Schema:
    """All tables of a catalog."""

    catalog: Catalog
    tables: tuple[SchemaTable, ...]

    def table(self, name: str) -> SchemaTable:
        """The table called `name`. Raises KeyError when there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, SchemaTable]:
        return {table.name: table for table in self.tables}

    @cached_property
    def columns(self) -> tuple[SchemaColumn, ...]:
        """The columns of all tables in their stored order."""
        return tuple(column for table in self.tables for column in table.columns)


@lru_cache(maxsize=128)
def read_schema(catalog: Catalog) -> Schema:
    """The catalog with its names taken apart; kept for the catalogs used last."""
    return Schema(catalog, tuple(_table(profile, catalog.dialect) for profile in catalog.tables))


def _table(profile: TableProfile, dialect: str) -> SchemaTable:
    words = tuple(dict.fromkeys((*name_words(profile.name), *name_words(profile.label))))
    shared = _shared_prefix(profile.columns)
    foreign = {key.column.casefold() for key in profile.foreign_keys}
    keys = {name.casefold() for name in profile.primary_key} | foreign
    columns = tuple(_column(profile, c, words, keys=keys, shared=shared) for c in profile.columns)
    return SchemaTable(profile, words, columns, _place(profile, dialect))


def _place(profile: TableProfile, dialect: str) -> SchemaColumn | None:
    """The number of the row; rows with a declared key come from a database, which keeps them in no order."""
    declared = bool(profile.primary_key or profile.foreign_keys)
    if declared or dialect not in _ROW_NUMBERED or any(c.name.casefold() == _ROW for c in profile.columns):
        return None
    column = ColumnProfile(name=_ROW, type=DataType.INTEGER, label=_ROW)
    return SchemaColumn(profile.name, column, (_ROW,), None, frozenset(), profile.rows, is_key=False, is_place=True)


def _column(
    table: TableProfile, profile: ColumnProfile, table_words: Iterable[str], *, keys: set[str], shared: str | None
) -> SchemaColumn:
    by_name, by_label = list(name_words(profile.name)), list(name_words(profile.label))
    words = max(by_name, by_label, key=len) or [fold(profile.name)]
    if shared and len(words) > 1 and words[0] == shared:
        words = words[1:]
    marker = _MARKERS.get(words[0]) if words else None
    if marker is not None and len(words) > 1:
        words = words[1:]
    elif marker is None and len(words) > 1 and words[-1] in {"id", "code", "codigo"}:
        marker = _MARKERS.get(words[-1], "code")
    return SchemaColumn(
        table=table.name,
        profile=profile,
        words=tuple(words),
        marker=Marker(marker) if marker else None,
        table_words=frozenset(table_words),
        rows=table.rows,
        is_key=profile.name.casefold() in keys,
    )


def _shared_prefix(columns: tuple[ColumnProfile, ...]) -> str | None:
    """A first word that all columns of a wide table carry; it says nothing about any of them."""
    firsts = {words[0] for column in columns if (words := name_words(column.name))}
    return next(iter(firsts)) if len(firsts) == 1 and len(columns) > 3 else None


def _within(profile: ColumnProfile, low: int, high: int) -> bool:
    try:
        return low <= float(str(profile.minimum)) and float(str(profile.maximum)) <= high
    except ValueError:
        return profile.minimum is None


def _is_bookkeeping(column: SchemaColumn) -> bool:
    return bool({"geracao", "atualizacao", "update", "updated", "created", "carga", "generated"} & set(column.words))


def _same_words(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return len(left) == len(right) and all(
        stems(a) & stems(b) or groups_of(a) & groups_of(b) for a, b in zip(left, right, strict=True)
    )
