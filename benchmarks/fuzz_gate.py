"""Compares the SQL gate with SQLite's authorizer: `python -m benchmarks.fuzz_gate COUNT [SEED]` over COUNT texts.

Half of the texts are written by a grammar, half are spliced and broken pieces of the statements to accept and to
refuse. Prints one JSON object a line: figures `{figure, value, of}`, then `{difference, sql}` wherever the two differ.
Ends with status 1 when the gate accepts what the authorizer denies, or changes the rows of a statement.
"""

import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from app.connectors.children.sqlite_engine import SqliteEngine
from app.connectors.sql_gate import check
from app.connectors.sqlite_pool import CALLABLE
from app.core.errors import QuestionError
from tests.security.corpora import SCRATCH_TABLES, SHOP_TABLES, make_shop, read, sql_attacks
from tests.security.grammar import Grammar

TABLES = (*SHOP_TABLES, *SCRATCH_TABLES)
COLUMNS = {
    "vendas": (("id", True), ("cliente_id", True), ("quantidade", True), ("região", False)),
    "clientes": (("id", True), ("nome", False), ("cidade", False)),
    "segredo": (("chave", False),),
    '"Pedidos 2024"': (('"Valor Total (R$)"', True), ("situação", False)),
}
"""What the grammar writes of; `segredo` may not be read."""
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\s+|[^\w\s]")
_INTRUDERS = """
segredo main.segredo sqlite_master temp ; -- /* */ PRAGMA ATTACH VACUUM load_extension( readfile( randomblob(9) IN ( )
UNION WITH RECURSIVE , AS LATERAL VALUES RETURNING pragma_table_info('vendas') json_each('[]') :x ?1 x'00' [segredo]
""".split()
FAILURES = frozenset({"false accept", "other rows"})
_WALLS = frozenset({"denied", "memory", "timeout"})
_MAX_ROWS = 200


def main(count: int, seed: int = 1) -> int:
    """Prints figures and failures; gives the exit status."""
    random, counted, differences = Random(seed), Counter[str](), list[tuple[str, str]]()
    pieces = _pieces()
    with tempfile.TemporaryDirectory() as folder:
        shop = make_shop(Path(folder))
        open_shop = _without_closed(shop)
        engine = SqliteEngine(CALLABLE, 256 * 1024**2)
        for number in range(count):
            sql = _written(random) if number % 2 else _spliced(random, pieces)
            outcome = _compare(sql, engine, shop, open_shop)
            counted[outcome] += 1
            if outcome in FAILURES or "runs" in outcome:
                differences.append((outcome, sql))
    for outcome, value in sorted(counted.items()):
        print(json.dumps({"figure": f"gate against authorizer: {outcome}", "value": value, "of": count}))
    for outcome, sql in differences:
        print(json.dumps({"difference": outcome, "sql": sql}, ensure_ascii=False))
    return 1 if any(counted[outcome] for outcome in FAILURES) else 0


def _without_closed(shop: Path) -> Path:
    """A copy without the table that may not be read: what the gate accepts must need nothing of it."""
    path = shutil.copyfile(shop, shop.with_name("open.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE segredo")
    return path


def _compare(sql: str, engine: SqliteEngine, shop: Path, open_shop: Path) -> str:
    try:
        checked = check(sql, dialect="sqlite", tables=TABLES).sql
    except QuestionError as error:
        rule = str(error.fields.get("rule", error.code))
        return f"refused, runs ({rule})" if "error" not in _run(engine, shop, sql, "explain") else "refused, fails"
    answer = _run(engine, shop, checked, "fetch")
    if answer.get("error") in _WALLS:
        # The authorizer is told the name of a WITH query, and not that it is one.
        again = _run(engine, open_shop, checked, "fetch")
        closed = again.get("error") in _WALLS or "no such table" in str(again.get("message"))
        return "false accept" if closed else "accepted, WITH query of a closed table's name"
    original = _run(engine, shop, sql, "fetch")
    if "error" in answer or "error" in original:
        return "accepted, fails"
    same = sorted(map(repr, _list(answer["rows"]))) == sorted(map(repr, _list(original["rows"])))
    return "accepted, same rows" if same or _depends_on_chance(sql) else "other rows"


def _depends_on_chance(sql: str) -> bool:
    return re.search(r"random|now|current_|changes", sql, re.IGNORECASE) is not None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _run(engine: SqliteEngine, shop: Path, sql: str, op: str) -> dict[str, object]:
    request = {"op": op, "path": str(shop), "tables": sorted(TABLES), "sql": sql, "timeout_s": 2}
    try:
        return engine.run({**request, "max_rows": _MAX_ROWS, "max_bytes": 10**6})
    except ValueError:  # The driver takes no text with a null character.
        return {"error": "text"}


def _pieces() -> list[list[str]]:
    items = [*read("sqlguard/accept.jsonl"), *read("sqlguard/reject.jsonl"), *sql_attacks()]
    texts = [item["sql"] for item in items if item["dialect"] in {"sqlite", "any", "generic"}]
    return [_TOKEN.findall(text)[:200] for text in texts if not re.search(r"instr|replace\(", text, re.IGNORECASE)]


def _written(random: Random) -> str:
    return _broken(Grammar(random, dict(COLUMNS), "sqlite").statement(), random, share=0.3)


def _spliced(random: Random, pieces: list[list[str]]) -> str:
    first, second = random.choice(pieces), random.choice(pieces)
    begin, end = random.randint(0, len(first)), random.randint(0, len(second))
    return _broken("".join(first[:begin]) + " " + "".join(second[end:]), random, share=0.5)


def _broken(sql: str, random: Random, *, share: float) -> str:
    """`sql` with a few tokens dropped, doubled, exchanged or pushed in."""
    tokens = _TOKEN.findall(sql)
    while tokens and random.random() < share:
        place = random.randrange(len(tokens))
        match random.randrange(4):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[place])
            case 2:
                tokens[place] = tokens[random.randrange(len(tokens))]
            case _:
                tokens.insert(place, f" {random.choice(_INTRUDERS)} ")
    return "".join(tokens)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
