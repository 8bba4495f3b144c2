"""Asks the planner over one source and runs what it writes, through the gate and read-only."""

import sqlite3
from contextlib import closing
from datetime import date

from app.agentgraph.planner import Declined, Plan, plan
from app.connectors.sql_gate import check
from app.connectors.value_index import SqliteValueIndex
from app.core.i18n import Language
from app.services.batch.sources import BatchSource

TODAY = date(2024, 4, 15)
"""The day on which the tests' questions are asked."""

FILES = {
    "vendas": (
        "Data;Região;Produto;Vendedor;Valor;Quantidade;Canal\n"
        "10/01/2024;Norte;Mesa;Ana;100,50;2;Loja\n"
        "20/01/2024;Sul;Cadeira;Bruno;50,00;4;Site\n"
        "05/02/2024;Sul;Mesa;Ana;200,00;1;Loja\n"
        "11/02/2024;Leste;Armário;Carla;75,25;3;Site\n"
        "01/03/2024;Norte;Mesa;Bruno;300,00;5;Site\n"
        "31/12/2023;Sul;Cadeira;Carla;25,00;1;\n"
    ),
    "employees": (
        "employee_id,name,age,salary,city,hired,department_id\n"
        "1,Alice,30,5000,London,2019-03-01,10\n"
        "2,Bob,45,7000,Paris,2015-07-15,20\n"
        "3,Carol,28,4000,London,2021-01-10,10\n"
        "4,Dave,52,9000,Berlin,2010-11-30,20\n"
        "5,Erin,39,6500,Paris,2018-05-20,30\n"
    ),
    "departments": "department_id,department,budget\n10,Support,100000\n20,Research,500000\n"
    "30,Sales,250000\n40,Legal,80000\n",
    "games": (
        "Year,Competition,Venue,Position,Points\n"
        "2001,World Cup,Rome,3rd,12\n"
        "2002,Open,Oslo,1st,20\n"
        "2003,Grand Prix,Rome,2nd,15\n"
        "2004,World Cup,Lima,1st,25\n"
        "2005,Masters,Oslo,5th,7\n"
    ),
}  # fmt: skip

Rows = list[tuple[object, ...]]


class Asked:
    """One source that can be asked."""

    def __init__(self, source: BatchSource) -> None:
        self._source = source

    @property
    def values(self) -> SqliteValueIndex:
        """The index of stored values."""
        return self._source.values

    def plan(self, question: str, language: Language | None = None) -> Plan | Declined:
        """What the planner makes of `question` on the day `TODAY`."""
        return plan(question, self._source.catalog, self._source.values, language=language, today=TODAY)

    def understood(self, question: str) -> Plan:
        """The plan; fails when the planner declines."""
        planned = self.plan(question)
        assert isinstance(planned, Plan), (question, planned)
        return planned

    def declined(self, question: str) -> Declined:
        """The reason why not; fails when the planner answers."""
        planned = self.plan(question)
        assert isinstance(planned, Declined), (question, planned)
        return planned

    def rows(self, question: str) -> Rows:
        """The rows of the answer."""
        return self.run(self.understood(question))

    def run(self, planned: Plan) -> Rows:
        """The rows of a plan, its statement passed by the gate."""
        catalog = self._source.catalog
        statement = check(planned.sql, dialect=catalog.dialect, tables=[table.name for table in catalog.tables])
        uri = f"{self._source.database.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(statement.sql).fetchall()
