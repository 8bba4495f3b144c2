"""A schema like that of a company's own system: tables of many areas, twenty columns each, joined by keys."""

from collections.abc import Iterator
from dataclasses import dataclass

AREAS = """
financeiro fiscal vendas compras estoque logistica producao qualidade manutencao rh folha ponto beneficios juridico
marketing suporte projetos contratos frota imoveis patrimonio tesouraria credito cobranca auditoria pesquisa
treinamento seguranca ambiental clinica laboratorio farmacia escola biblioteca eventos turismo agricultura energia
telefonia portal
""".split()
THINGS = """
pedidos notas boletos faturas entregas itens lotes ordens visitas chamados reunioes metas tarefas anexos aprovacoes
parcelas recibos orcamentos propostas devolucoes inventarios medicoes inspecoes incidentes turnos escalas ferias
cursos avaliacoes candidatos vagas veiculos viagens multas seguros sinistros apolices licencas certificados processos
audiencias campanhas pesquisas respostas contatos clientes fornecedores produtos equipamentos sensores
""".split()
_COLUMNS = (
    "codigo text",
    "descricao text",
    "situacao text",
    "tipo text",
    "responsavel text",
    "cidade text",
    "estado text",
    "observacao text",
    "quantidade integer",
    "prioridade integer",
    "valor_total numeric(12, 2)",
    "valor_pago numeric(12, 2)",
    "desconto numeric(12, 2)",
    "percentual double precision",
    "criado_em timestamp",
    "alterado_em timestamp",
    "vencimento date",
    "ativo boolean",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the tables without which it cannot be answered."""

    question: str
    tables: tuple[str, ...]


def tables(areas: int = len(AREAS), things: int = len(THINGS)) -> Iterator[tuple[str, str]]:
    """Name of each table, and the statement that makes it; it refers to the table of its area made before it."""
    for area in AREAS[:areas]:
        before = None
        for thing in THINGS[:things]:
            name = f"{area}_{thing}"
            key = f"{before}_id integer REFERENCES {before} (id)" if before else "origem_id integer"
            yield name, f"CREATE TABLE {name} (id integer PRIMARY KEY, {key}, {', '.join(_COLUMNS)})"
            before = name


def questions(areas: int = len(AREAS), things: int = len(THINGS)) -> Iterator[Asked]:
    """A question to one table of each area, in Portuguese or English, named as people name things."""
    for place, area in enumerate(AREAS[:areas]):
        thing = THINGS[:things][place * 7 % things]
        name = f"{area}_{thing}"
        if place % 2:
            yield Asked(f"What is the average valor_pago of {thing} of {area} by situacao?", (name,))
        else:
            yield Asked(f"Qual a soma do valor total de {thing} de {area} por cidade?", (name,))
