"""What a reader should know before trusting rows: that they were cut, or that there are none."""

from app.connectors.base import ResultSet
from app.core.i18n import Language, Text

_CUT = Text(
    en="The result was cut: it has more rows than the limit of {rows}.",
    pt="O resultado foi cortado: há mais linhas que o limite de {rows}.",
)
_NOTHING = Text(en="No row matches.", pt="Nenhuma linha corresponde.")


def doubts(result: ResultSet, language: Language) -> tuple[str, ...]:
    """Sentences in `language`; none when the rows are all there."""
    if result.truncated:
        return (_CUT.to(language, rows=len(result.rows)),)
    return () if result.rows else (_NOTHING.to(language),)
