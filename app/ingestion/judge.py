"""Decides what a column is from all of its texts: the type, how to read it, and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from functools import partial

from app.connectors.catalog import DataType
from app.core.i18n import Text
from app.ingestion.forms import BooleanForm, CompactDateForm, Form, MomentForm, NumberForm, TextForm
from app.ingestion.marks import BOOLEAN_PAIRS, CODE_NAMES, DATE_NAMES, FLAG_NAMES, NULL_MARKS, WEAK_NULL_MARKS, listed
from app.ingestion.names import words_of
from app.ingestion.numbers import Written, choose_format, decisive_mark, dissect, is_code
from app.ingestion.temporal import (
    DateOrder,
    Moment,
    compact_format,
    is_numeric_date,
    read_moment,
    strptime_format,
    strptime_time_format,
)

MISFIT_SHARE = 0.005
"""Share of filled rows that may be rejected from a typed column; with more, the column is text."""

_PORTUGUESE = listed(
    "ano|mes|mês|data|dia|nome|valor|quantidade|codigo|código|municipio|município|uf|estado|"
    "cidade|descricao|descrição|preco|preço|vl|vr|qt|qtd|cd|nm|ds|sg|nr|dt|tp|cliente|"
    "produto|venda|vendas|situacao|situação|regiao|região|idade|sexo|bairro|cep|cpf|cnpj|loja|"
    "desconto|pedido|saldo|despesa|receita"
)
"""Words of headers that tell a file in Portuguese."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the file as a whole writes what one column leaves open."""

    prefers_comma: bool
    day_first: bool


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """What a column is and how its texts become values."""

    type: DataType
    form: Form
    reason: Text
    unit: str | None = None
    decimal: str | None = None
    grouping: str | None = None
    note: Text | None = None
    """What was assumed or changed, when something was."""

    @property
    def null_marks(self) -> frozenset[str]:
        """Texts that stand for a missing value in this column."""
        return NULL_MARKS if self.type is DataType.TEXT else NULL_MARKS | WEAK_NULL_MARKS


def text_plan(reason: Text) -> ColumnPlan:
    """A column that stays text, and why."""
    return ColumnPlan(DataType.TEXT, TextForm(), reason)


def find_habits(headers: Iterable[str], columns: Iterable[Iterable[str]], delimiter: str) -> Habits:
    """The file's habits: from columns that prove theirs, else from the delimiter and the language of the headers."""
    is_portuguese = bool({word for header in headers for word in words_of(header)} & _PORTUGUESE)
    marks: Counter[str] = Counter()
    days: Counter[bool] = Counter()
    for values in columns:
        texts = [value.strip() for value in values]
        numbers = [number for text in texts if (number := dissect(text))]
        if numbers and len(numbers) >= 0.9 * sum(1 for text in texts if text and text not in WEAK_NULL_MARKS):
            mark = decisive_mark(numbers)
            marks.update([mark] if mark else [])
        days.update(_day_votes(texts))
    comma = marks[","] > marks["."] if marks else is_portuguese or delimiter == ";"
    first = days[True] > days[False] if days else is_portuguese or comma or delimiter == ";"
    return Habits(comma, first)


def _day_votes(texts: Iterable[str]) -> list[bool]:
    """One vote of a column whose numeric dates are valid in one order only."""
    dates = [text for text in texts if is_numeric_date(text)]
    if not dates:
        return []
    valid = [all(read_moment(text, order) for text in dates) for order in DateOrder]
    return [valid[0]] if valid[0] != valid[1] else []


def judge(header: str, counts: Mapping[str, int], habits: Habits, forced: DataType | None = None) -> ColumnPlan:
    """The plan for a column that holds the stripped texts of `counts`, with their numbers of rows.

    With `forced` the type is given and only the way of reading is looked for; text when there is none.
    """
    known = {t: n for t, n in counts.items() if t not in NULL_MARKS and t not in WEAK_NULL_MARKS}
    if not known:
        return text_plan(Text(en="The column is empty.", pt="A coluna está vazia."))
    if forced is DataType.TEXT:
        return text_plan(Text(en="As asked for.", pt="Conforme pedido."))
    room = MISFIT_SHARE * sum(known.values()) if forced is None else float(sum(known.values()) - 1)
    number = partial(_judge_number, spares_codes=forced is None)
    judges: tuple[Callable[[str, Mapping[str, int], Habits, float], ColumnPlan | None], ...]
    judges = (_judge_boolean, _judge_compact, number, _judge_moment)
    for look in judges:
        plan = look(header, known, habits, room)
        if plan is not None and (forced is None or plan.type is forced):
            return plan
        if plan is not None and forced is DataType.REAL and plan.type is DataType.INTEGER:
            return _as_real(plan)
    return text_plan(
        Text(en="The values are texts, or of several kinds.", pt="Os valores são textos, ou de vários tipos.")
    )


def _as_real(plan: ColumnPlan) -> ColumnPlan:
    if not isinstance(plan.form, NumberForm):
        return plan
    return replace(plan, type=DataType.REAL, form=NumberForm(replace(plan.form.format, is_integer=False)))


def _judge_boolean(header: str, known: Mapping[str, int], _habits: Habits, _room: float) -> ColumnPlan | None:
    words = {text.lower() for text in known}
    for yes, no, needs_both in BOOLEAN_PAIRS:
        if words <= yes | no and (not needs_both or (words & yes and words & no)):
            reason = Text(en="Only words for yes and no.", pt="Somente palavras para sim e não.")
            return ColumnPlan(DataType.BOOLEAN, BooleanForm(yes, no), reason)
    first = words_of(header)[:1]
    if words == {"0", "1"} and first and first[0] in FLAG_NAMES:
        reason = Text(en="Zeros and ones under a yes-or-no name.", pt="Zeros e uns sob um nome de sim ou não.")
        return ColumnPlan(DataType.BOOLEAN, BooleanForm(frozenset("1"), frozenset("0")), reason)
    return None


def _judge_compact(header: str, known: Mapping[str, int], _habits: Habits, _room: float) -> ColumnPlan | None:
    """Eight digits are a date only where the header says so and every one of them is."""
    if not DATE_NAMES & set(words_of(header)) or not all(len(text) == 8 and text.isdigit() for text in known):
        return None
    form = compact_format(set(known))
    if form is None:
        return None
    reason = Text(
        en="Eight digits, all dates, under a name for dates.", pt="Oito dígitos, todos datas, sob um nome de data."
    )
    return ColumnPlan(DataType.DATE, CompactDateForm(form), reason)


def _judge_number(
    header: str, known: Mapping[str, int], habits: Habits, room: float, *, spares_codes: bool = True
) -> ColumnPlan | None:
    numbers = {text: number for text in known if (number := dissect(text))}
    if not numbers or _rows_outside(known, numbers) > room:
        return None
    code = _code_reason(header, numbers) if spares_codes else None
    if code is not None:
        return text_plan(code)
    form = choose_format(numbers.values(), prefers_comma=habits.prefers_comma)
    if form is None:
        return None
    reader = NumberForm(form)
    if any(reader.read(text) is None for text in numbers):
        return text_plan(Text(en="Digits beyond 64 bits.", pt="Dígitos além de 64 bits."))
    kind = DataType.INTEGER if form.is_integer else DataType.REAL
    grouping = None if form.is_plain else form.style.grouping
    decimal = None if form.is_integer else form.style.decimal
    note = _assumed_mark(form.style.decimal) if form.is_assumed else None
    return ColumnPlan(kind, reader, _number_reason(kind), form.unit, decimal, grouping, note)


def _number_reason(kind: DataType) -> Text:
    if kind is DataType.INTEGER:
        return Text(en="Whole numbers.", pt="Números inteiros.")
    return Text(en="Numbers with decimals.", pt="Números com casas decimais.")


def _assumed_mark(decimal: str) -> Text:
    return Text(
        en=f"Three digits after a mark can be read in two ways; as in the file, '{decimal}' marks decimals.",
        pt=f"Três dígitos após um sinal têm duas leituras; como no arquivo, '{decimal}' marca decimais.",
    )


def _code_reason(header: str, numbers: Mapping[str, Written]) -> Text | None:
    """Why digits are a code and not a number, None when they are numbers."""
    if any(is_code(number.body) and not number.unit for number in numbers.values()):
        return Text(en="Digits with leading zeros are codes.", pt="Dígitos com zeros à esquerda são códigos.")
    is_whole = all(number.body.isdigit() and not number.unit for number in numbers.values())
    if is_whole and CODE_NAMES & set(words_of(header)):
        return Text(en="Digits under a name for codes.", pt="Dígitos sob um nome de código.")
    return None


def _rows_outside(known: Mapping[str, int], inside: Mapping[str, object]) -> int:
    return sum(rows for text, rows in known.items() if text not in inside)


def _judge_moment(_header: str, known: Mapping[str, int], habits: Habits, room: float) -> ColumnPlan | None:
    read = {order: {t: m for t in known if (m := read_moment(t, order))} for order in DateOrder}
    fitting = [order for order in DateOrder if read[order] and _rows_outside(known, read[order]) <= room]
    if not fitting:
        return None
    habit = DateOrder.DAY_FIRST if habits.day_first else DateOrder.MONTH_FIRST
    order = habit if habit in fitting else fitting[0]
    if len(fitting) > 1:
        best = min(fitting, key=lambda o: (_rows_outside(known, read[o]), o is not habit))
        order = best
    moments = read[order]
    kind = _moment_type(moments.values())
    if kind is None:
        return None
    is_open = len(fitting) > 1 and any(is_numeric_date(t) for t in known)
    return _moment_plan(kind, order, moments, is_open=is_open)


def _moment_plan(kind: DataType, order: DateOrder, moments: Mapping[str, Moment], *, is_open: bool) -> ColumnPlan:
    offsets = {moment.offset for moment in moments.values() if moment.clock is not None}
    write = strptime_time_format if kind is DataType.TIME else strptime_format
    formats = {form for text in moments if (form := write(text, order))}
    return ColumnPlan(
        kind,
        MomentForm(
            kind,
            order,
            in_utc=len(offsets) > 1,
            offset=next(iter(offsets)) if len(offsets) == 1 else None,
            formats=tuple(sorted(formats)),
        ),
        Text(en=f"Values of the kind {kind.value}.", pt=f"Valores do tipo {kind.value}."),
        note=_moment_note(order, moments.values(), is_open=is_open, mixes_zones=len(offsets) > 1),
    )


def _moment_type(moments: Iterable[Moment]) -> DataType | None:
    """DATE, TIME or TIMESTAMP; None when days and bare times are mixed. Midnight everywhere is a date."""
    known = list(moments)
    with_day = [moment for moment in known if moment.day is not None]
    if not with_day:
        return DataType.TIME
    if len(with_day) < len(known):
        return None
    is_midnight = all(moment.clock in (None, time()) and not moment.offset for moment in known)
    return DataType.DATE if is_midnight else DataType.TIMESTAMP


def _moment_note(order: DateOrder, moments: Iterable[Moment], *, is_open: bool, mixes_zones: bool) -> Text | None:
    if mixes_zones:
        return Text(en="Time zones differ; all moved to UTC.", pt="Os fusos diferem; tudo convertido para UTC.")
    if any(moment.day and not moment.has_day for moment in moments):
        return Text(en="A month without a day counts as its first day.", pt="Mês sem dia conta como o primeiro dia.")
    if not is_open:
        return None
    if order is DateOrder.DAY_FIRST:
        return Text(
            en="Day and month could be either; read day first.", pt="Dia e mês ambíguos; lidos com o dia primeiro."
        )
    return Text(
        en="Day and month could be either; read month first.", pt="Dia e mês ambíguos; lidos com o mês primeiro."
    )
