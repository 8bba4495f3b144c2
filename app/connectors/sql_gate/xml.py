"""PostgreSQL's XML: a text may be parsed as XML when it is written out without a document type, or stored."""

from sqlglot import exp

from app.connectors.sql_gate import clauses
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.words import words

_PARSERS = words("""
xpath xpath_exists xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document
xmlparse xmltable xmlexists xmlroot xmlserialize
""")
_MADE_BY = words("""
xpath xmlparse xmlroot xmlelement xmlforest xmlagg xmlconcat xmlcomment xmlpi xmlserialize xmltext xmlattributes
""")


def refuse_entities(node: exp.Expr) -> None:
    """Raises RefusedByPolicy when `node` parses a text whose entities nobody has seen: they may grow without bound."""
    if isinstance(node, exp.Cast) and node.to.this is exp.DType.XML:
        sources = [node.this]
    elif isinstance(node, exp.Anonymous) and _name(node) in _PARSERS:
        sources = list(node.expressions)
    else:
        return
    if not all(_is_seen(source) for source in sources):
        raise refuse(Rule.CONSTRUCT, "XML is parsed with entities, which may grow without bound")


def _is_seen(source: exp.Expr) -> bool:
    if isinstance(source, exp.Literal):
        return "<!" not in source.name
    if isinstance(source, (exp.Cast, exp.Paren)):
        return _is_seen(source.this)
    if isinstance(source, exp.Array):
        return all(_is_seen(item) for item in source.expressions)
    if isinstance(source, exp.Bracket):
        return _is_seen(source.this)
    return isinstance(source, (exp.Column, exp.Null)) or (
        isinstance(source, exp.Anonymous) and _name(source) in _MADE_BY
    )


def _name(call: exp.Anonymous) -> str:
    name = call.name
    return (clauses.unmarked(name) if clauses.is_marked(name) else name).lower()
