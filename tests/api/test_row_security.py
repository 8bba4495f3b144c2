"""The second wall: what the database hides by itself when a statement forgets to ask whose a row is."""

from typing import Any, Final
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import ColumnElement, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import NOBODY, SYSTEM, Database, acting, seeing_all
from app.models import Agent, Base, File, Query, SourceDatabase
from app.repositories import agents, databases, files, queries
from tests.askable import ready_agent, ready_file
from tests.connecting import fields_of, ready_database
from tests.indexed import index_all
from tests.people import People, Person
from tests.sharing import API, agent_over, ask, revoke, shared

pytestmark = pytest.mark.anyio

QUESTION: Final = "qual a soma de valor por regiao?"
NOT_HIDDEN: Final = {
    "exchanges": "no index of words is used before a policy: it has one for changes, and what is found joins queries",
    "source_rules": "what may be seen follows from them: rules that a reader could not read would hide nothing",
    "jobs": "ids and states alone, from which workers serve everybody in turn",
    "roles": "what rights follow from is read whole, or hiding a role would change what its holders may do",
    "metered_days": "numbers without content, summed over groups as usage_records are",
    "usage_hours": "sums over usage_records",
    "usage_records": "numbers without content, summed over groups and the installation for bills and quotas",
}
"""Tables with an owner whose rows the database shows to everybody, and why."""
CONTENT: Final = (
    "agents agent_sources api_keys databases database_snapshots feedback files file_versions messages pairs queries"
    " query_results query_traces sessions"
).split()


async def test_every_table_with_an_owner_has_a_policy(database: Database) -> None:
    owned = {table.name for table in Base.metadata.sorted_tables if "owner_id" in table.columns}
    statement = """
        SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
         WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polname = 'owner' AND p.polcmd = '*'
    """
    async with database.read() as session:
        protected = set((await session.execute(text(statement))).scalars())
    how = "protect it in its migration, see docs/how-to/add-an-endpoint.md"
    assert owned - protected - NOT_HIDDEN.keys() == set(), how
    assert protected & NOT_HIDDEN.keys() == set()


async def test_the_login_of_the_product_is_held_by_the_policies(database: Database) -> None:
    async with database.read() as session:
        login = await session.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        )
        assert login.scalar_one() is False


async def test_the_database_alone_hides_the_rows_of_others(
    app: FastAPI, people: People, database: Database, sales_url: str
) -> None:
    owner, stranger = await people.normal(), await people.normal()
    await _belongings(app, owner, sales_url)
    for table in CONTENT:
        assert await _count(database, SYSTEM, table) > 0, table
        assert await _count(database, owner.id, table) == await _count(database, SYSTEM, table), table
        for nobody in (stranger.id, NOBODY, ""):
            assert await _count(database, nobody, table) == 0, (table, nobody)


async def test_repositories_without_their_filter_find_nothing_of_others(
    app: FastAPI, people: People, database: Database, sales_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, stranger = await people.normal(), await people.normal()
    file_id, database_id, agent_id, query_id = await _belongings(app, owner, sales_url)
    _remove_filters(monkeypatch)
    for caller, status in ((owner, 200), (stranger, 404)):
        for door in (
            f"/files/{file_id}",
            f"/files/{file_id}/preview",
            f"/databases/{database_id}",
            f"/databases/{database_id}/schema",
            f"/agents/{agent_id}",
            f"/queries/{query_id}",
            f"/queries/{query_id}/result",
            f"/queries/{query_id}/trace",
        ):
            response = await caller.client.get(f"{API}{door}")
            assert (door, response.status_code) == (door, status), response.text
    for door in ("/files/", "/databases/", "/agents/", "/queries/history"):
        assert len((await owner.client.get(f"{API}{door}")).json()["items"]) > 0
        assert (await stranger.client.get(f"{API}{door}")).json()["items"] == []


async def test_shared_rows_are_shown_and_not_changed(app: FastAPI, people: People, database: Database) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    share_id = await shared(owner, "files", file_id, user_id=reader.id)
    answer = await ask(reader, await agent_over(reader, file_id), QUESTION)
    assert answer.status_code == 200, answer.text
    tables = ("files", "file_versions", "shares", "queries", "query_results")
    assert [await _count(database, reader.id, table) for table in tables] == [1, 1, 1, 1, 1]
    async with _as(database, reader.id) as session:
        renamed = await session.execute(update(File).values(name="mine").returning(File.id))
        assert renamed.scalars().all() == []
    await revoke(owner, "files", file_id, share_id)
    assert [await _count(database, reader.id, table) for table in tables] == [0, 0, 0, 0, 0]
    assert [await _count(database, owner.id, table) for table in tables] == [1, 1, 0, 0, 0]


async def test_nobody_writes_a_row_in_the_name_of_another(people: People, database: Database) -> None:
    owner, stranger = await people.normal(), await people.normal()
    insert = "INSERT INTO files (id, owner_id, name) VALUES (gen_random_uuid(), :owner_id, 'a.csv')"
    async with _as(database, owner.id) as session:
        await session.execute(text(insert), {"owner_id": owner.id})
    with pytest.raises(Exception, match="row-level security"):
        async with _as(database, stranger.id) as session:
            await session.execute(text(insert), {"owner_id": owner.id})


async def test_entries_of_the_index_are_changed_by_their_owner_alone(
    app: FastAPI, people: People, database: Database
) -> None:
    owner, stranger = await people.normal(), await people.normal()
    await ask(owner, await ready_agent(app, owner), QUESTION)
    assert await index_all(app) == 1
    for statement in ("UPDATE exchanges SET spelling = 'mine' RETURNING 1", "DELETE FROM exchanges RETURNING 1"):
        for who, changed in ((stranger.id, 0), (NOBODY, 0), (owner.id, 1)):
            async with _as(database, who) as session:
                assert len((await session.execute(text(statement))).all()) == changed, (statement, who)


async def test_a_search_goes_by_its_indexes_under_the_policy(people: People, database: Database) -> None:
    owner = await people.normal()
    conditions = {
        "ix_exchanges_words": "words @@ 'soma'::tsquery",
        "ix_exchanges_spelling": "'soma de valor' <% spelling",
    }
    async with _as(database, owner.id) as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        for index, condition in conditions.items():
            plan = await session.scalars(text(f"EXPLAIN SELECT query_id FROM exchanges WHERE {condition}"))
            assert f"Bitmap Index Scan on {index}" in "\n".join(plan)


async def test_a_connection_does_not_remember_whose_reader_it_was(people: People, database_url: str) -> None:
    owner = await people.normal()
    one = Database(database_url, pool_size=1)
    try:
        async with _as(one, SYSTEM) as session:
            session.add(File(owner_id=owner.id, name="a.csv"))
        for who, seen in ((owner.id, 1), (NOBODY, 0), (SYSTEM, 1), (NOBODY, 0), (owner.id, 1)):
            with acting(who):
                async with one.read() as session:
                    assert len((await session.execute(select(File.id))).all()) == seen
                async with one.transaction() as session:
                    assert len((await session.execute(select(File.id))).all()) == seen
    finally:
        await one.close()


async def test_what_is_counted_over_all_is_seen_for_a_moment_with_and_without_a_transaction(
    people: People, database_url: str
) -> None:
    owner = await people.normal()
    one = Database(database_url, pool_size=1)
    try:
        async with _as(one, SYSTEM) as session:
            session.add(File(owner_id=owner.id, name="a.csv"))
        for opened in (one.transaction, one.autocommit):
            with acting(NOBODY):
                async with opened() as session:
                    seen = [len((await session.execute(select(File.id))).all())]
                    async with seeing_all(session):
                        seen.append(len((await session.execute(select(File.id))).all()))
                    seen.append(len((await session.execute(select(File.id))).all()))
                assert seen == [0, 1, 0]
                with pytest.raises(ZeroDivisionError):
                    async with opened() as session, seeing_all(session):
                        raise ZeroDivisionError
                async with one.read() as session:
                    assert (await session.execute(select(File.id))).all() == []
    finally:
        await one.close()


class _as:  # noqa: N801  (read as a word)
    """A transaction in the name of somebody."""

    def __init__(self, database: Database, who: UUID | str) -> None:
        self._acting, self._transaction = acting(who), database.transaction()

    async def __aenter__(self) -> AsyncSession:
        self._acting.__enter__()
        return await self._transaction.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        try:
            await self._transaction.__aexit__(*error)
        finally:
            self._acting.__exit__(*error)


async def _count(database: Database, who: UUID | str, table: str) -> int:
    async with _as(database, who) as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def _belongings(app: FastAPI, owner: Person, sales_url: str) -> tuple[str, str, str, str]:
    """Ids of a file, a database, an agent and a query of `owner`; and rows in all of CONTENT."""
    database_id = await ready_database(app, owner, fields_of(sales_url))
    agent_id = await ready_agent(app, owner, debug=True)
    file_id = (await owner.client.get(f"{API}/agents/{agent_id}")).json()["source_ids"][0]
    answered = await ask(owner, agent_id, QUESTION)
    query_id = answered.json()["id"]
    session_id = (await owner.client.post(f"{API}/sessions/", json={"agent_id": agent_id})).json()["id"]
    made = [
        await owner.client.post(f"{API}/sessions/{session_id}/messages", json={"text": QUESTION}),
        await owner.client.post(f"{API}/queries/{query_id}/feedback", json={"verdict": "up"}),
        await owner.client.post(f"{API}/auth/api-keys", json={"name": "k", "scopes": ["files:read"]}),
    ]
    assert [response.status_code < 300 for response in made] == [True, True, True], [r.text for r in made]
    return file_id, database_id, agent_id, query_id


def _remove_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every repository read as if it did not ask whose a row is."""
    everything: ColumnElement[bool] = true()
    monkeypatch.setattr(files, "_is_readable", lambda _: everything)
    monkeypatch.setattr(queries, "visible_to", lambda _: select(Query))
    for repository, model in ((databases, SourceDatabase), (agents, Agent)):
        original = repository.visible_to

        def unfiltered(owner_id: UUID, model: Any = model, original: Any = original) -> Any:
            statement = original(owner_id)
            statement._where_criteria = (model.deleted_at.is_(None),)
            return statement

        monkeypatch.setattr(repository, "visible_to", unfiltered)
