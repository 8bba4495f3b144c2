"""Reads the sets of statements to accept and to refuse, and makes the file on which the product's own ones run."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.services.batch.gate import gate_lines
from tests.data import FULL, SMALL, data_path

SHOP_TABLES = ("vendas", "clientes", "produtos", "funcionários", "Pedidos 2024", "eventos_json")
SCRATCH_TABLES = ("products", "sales", "order", "vendas 2024")

_SHOP = """
CREATE TABLE vendas(id INTEGER PRIMARY KEY, cliente_id INTEGER, produto_id INTEGER, região TEXT, situação TEXT,
  quantidade INTEGER, preço_unitário REAL, data_venda DATE, observação TEXT);
CREATE TABLE clientes(id INTEGER PRIMARY KEY, nome TEXT, cidade TEXT, "estado (UF)" TEXT, "data de cadastro" DATE);
CREATE TABLE produtos(id INTEGER PRIMARY KEY, "descrição" TEXT, preço REAL);
CREATE TABLE funcionários(id INTEGER PRIMARY KEY, nome TEXT, gerente_id INTEGER);
CREATE TABLE "Pedidos 2024"("Nº do Pedido" TEXT, "Valor Total (R$)" REAL, "Data de Emissão" DATE, situação TEXT);
CREATE TABLE eventos_json(id INTEGER PRIMARY KEY, payload TEXT);
CREATE TABLE segredo(chave TEXT);
INSERT INTO vendas SELECT value, value % 7, value % 3, substr('SulNorLes', 1 + value % 3 * 3, 3),
  CASE value % 3 WHEN 0 THEN 'concluída' WHEN 1 THEN 'cancelada' ELSE 'pendente' END, value % 13, value * 1.5,
  date('2024-01-01', value || ' days'), CASE value % 5 WHEN 0 THEN 'x; entregar -- urgente' END
  FROM generate_series_of_300;
INSERT INTO clientes VALUES (0, 'João; DROP TABLE clientes', 'Rio', 'RJ', '2023-01-01'),
  (1, 'D''Ávila Ltda', 'São Paulo', 'SP', '2024-02-02'), (2, 'Ana', 'Recife', 'PE', '2024-03-03');
INSERT INTO produtos VALUES (1, 'Caneta "azul"', 2.5), (2, '100% algodão', 30);
INSERT INTO funcionários VALUES (1, 'Chefe', NULL), (2, 'Bia', 1), (3, 'Caio', 2);
INSERT INTO "Pedidos 2024" VALUES ('P-1', 200.5, '2024-04-01', 'aberto'), ('P-2', 99.9, '2024-08-01', 'pago');
INSERT INTO eventos_json VALUES
  (1, '{"cliente":{"nome":"Ana","uf":"PE"},"aprovado":true,"itens":[{"sku":"a","qtd":2},{"sku":"b","qtd":1}]}');
INSERT INTO segredo VALUES ('canário');
"""


def read(relative: str) -> list[dict[str, Any]]:
    """The items of one JSON-lines file of the full data, or of its small copy."""
    return [json.loads(line) for line in data_path(relative).read_text(encoding="utf-8").splitlines()]


def sql_attacks() -> list[dict[str, Any]]:
    """SQL texts among the attacks; none where the full data is not at hand."""
    path = FULL / "attacks" / "attacks.jsonl"
    items = read("attacks/attacks.jsonl") if path.exists() else []
    return [item for item in items if not item["dialect"].startswith("input")]


def judge(
    items: list[dict[str, Any]], tables: tuple[str, ...] | None = None
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each item with what the command line's gate says of it."""
    root = FULL if (FULL / "sqlguard").exists() else SMALL
    lines = []
    for item in items:
        line = {key: item[key] for key in ("id", "sql", "dialect", "db") if item.get(key)}
        lines.append(json.dumps({"sql": "", **line, **({"tables": list(tables)} if tables else {})}))
    return zip(items, gate_lines(lines, root), strict=True)


def make_shop(folder: Path) -> Path:
    """An SQLite file with the tables that the attacks and the product's own legitimate queries speak of."""
    path = folder / "shop.sqlite"
    shutil.copyfile(data_path("sqlguard/scratch.sqlite"), path)
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE generate_series_of_300 AS WITH RECURSIVE n(value) AS"
        " (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 300) SELECT value FROM n"
    )
    connection.executescript(_SHOP)
    connection.execute("DROP TABLE generate_series_of_300")
    connection.commit()
    connection.close()
    return path
