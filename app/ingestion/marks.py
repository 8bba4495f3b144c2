"""Words that stand for a missing value or for yes and no."""


def listed(text: str) -> frozenset[str]:
    """The words that `text` parts by bars."""
    return frozenset(word.strip() for word in text.split("|"))


NULL_MARKS = frozenset(
    ("", "#NULO#", "#NULO", "#NE#", "#NE", "NULL", "null", "Null", "\\N", "#N/A", "N/A", "n/a", "NaN", "nan", "<NA>")
)
"""Never data: NULL in every column."""
WEAK_NULL_MARKS = listed(
    "-|--|---|–|—|.|..|...|*|**|***|?|??|NA|na|N.A.|n.a.|None|none|NONE|nil|N/D|n/d|ND|nd|N.D.|n.d.|S/D|s/d|S/I|"
    "s/i|#N/D|#REF!|#VALUE!|#DIV/0!|#VALOR!|TBD|TBA|unknown|Unknown|UNKNOWN|not available|Not available|"
    "desconhecido|Desconhecido|sem informação|Sem informação|SEM INFORMAÇÃO|não informado|Não informado|"
    "NÃO INFORMADO"
)
"""NULL in a column whose other values are numbers, dates or booleans; kept as they are in text."""

BOOLEAN_PAIRS: tuple[tuple[frozenset[str], frozenset[str], bool], ...] = (
    (frozenset({"true"}), frozenset({"false"}), False),
    (frozenset({"sim"}), frozenset({"não", "nao"}), False),
    (frozenset({"yes"}), frozenset({"no"}), False),
    (frozenset({"verdadeiro"}), frozenset({"falso"}), False),
    (frozenset({"s"}), frozenset({"n"}), True),
    (frozenset({"y"}), frozenset({"n"}), True),
    (frozenset({"t"}), frozenset({"f"}), True),
    (frozenset({"v"}), frozenset({"f"}), True),
)
"""Words for yes, words for no, and whether both must occur before the column counts as boolean (single letters)."""

FLAG_NAMES = frozenset({"is", "has", "flag", "fl", "in", "eh", "possui", "tem", "ativo", "active", "enabled"})
"""First words of a header that make a column of zeros and ones a boolean."""
CODE_NAMES = listed(
    "cpf|cnpj|cep|zip|zipcode|postcode|phone|telephone|fone|telefone|celular|mobile|fax|whatsapp|pis|nis|nit|cns|"
    "ean|gtin|barcode|isbn|rg|renavam|processo"
)
"""Words of a header that make a column of whole numbers a code, which is not added up."""
DATE_NAMES = frozenset({"data", "date", "dt", "dia", "day"})
"""Words of a header that make a column of eight digits a date, when all of its values are dates."""
