"""Conversations are shared as sources are: to be read, and withheld where they rest on what the reader may not see."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1510"
down_revision = "20261130_1310"
branch_labels = None
depends_on = None

RECEIVED = """
CREATE OR REPLACE VIEW received_sources AS
SELECT DISTINCT reader.id AS reader_id,
       coalesce(s.file_id, s.database_id{session_id}) AS source_id,
       s.owner_id,
       coalesce(s.file_id, s.database_id{session_id})::text
       || {rules} AS key,
       rules.id AS rules_id
  FROM shares s
  JOIN users reader ON reader.id = s.user_id OR reader.role_id = s.role_id
  JOIN users owner ON owner.id = s.owner_id
  LEFT JOIN LATERAL (
        SELECT r.id, r.version FROM source_rules r
         WHERE (r.file_id = s.file_id OR r.database_id = s.database_id)
           AND (r.role_id = reader.role_id OR r.role_id IS NULL)
         ORDER BY r.role_id NULLS LAST LIMIT 1
       ) rules ON rules.id IS NOT NULL
 WHERE reader.id <> owner.id AND reader.deleted_at IS NULL AND owner.deleted_at IS NULL
   AND (owner.kind = 'ADMIN'
        OR CASE owner.kind WHEN 'MASTER' THEN owner.id ELSE owner.manager_id END
           IS NOT DISTINCT FROM CASE reader.kind WHEN 'MASTER' THEN reader.id ELSE reader.manager_id END)
"""
RULES = "coalesce('/' || md5(concat_ws('|', rules.id, rules.version, reader.email, reader.attributes)), '')"
# Earlier a share without rules had a key of each reader's own too: concat_ws passes over what is NULL.
RULES_IF_ANY = f"CASE WHEN rules.id IS NULL THEN '' ELSE {RULES} END"
WITHOUT_RULES = """
UPDATE {table} a SET borrowed = ARRAY(
    SELECT CASE WHEN EXISTS (SELECT FROM received_sources r
                              WHERE r.reader_id = a.owner_id AND r.key = k AND r.rules_id IS NULL)
                THEN split_part(k, '/', 1) ELSE k END
      FROM unnest(a.borrowed) k)
 WHERE a.borrowed IS NOT NULL
"""
RECEIVER = ["user_id", "role_id"]
REACHED = "IN (SELECT r.source_id FROM received_sources r WHERE r.reader_id = agentgraph_actor())"
# What an answer of somebody else rests on must reach the reader itself, whole: by a share without rules.
READABLE = "borrowed <@ ARRAY(SELECT r.key FROM received_sources r WHERE r.reader_id = agentgraph_actor())"
PARTS = {
    "messages": ("sessions", "session_id"),
    "query_results": ("queries", "query_id"),
    "call_answers": ("queries", "query_id"),
}


def upgrade() -> None:
    """Applies the change."""
    op.add_column("shares", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_shares_session_id"), "shares", "sessions", ["session_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_shares_session_id"), "shares", ["session_id"], unique=False)
    _constrain("one_thing", ["file_id", "database_id", "session_id"], instead_of="one_source")
    for table in ("queries", "exchanges"):
        op.execute(WITHOUT_RULES.format(table=table))
    op.execute(RECEIVED.format(session_id=", s.session_id", rules=RULES_IF_ANY))
    op.execute(f"CREATE POLICY shared ON sessions FOR SELECT USING (id {REACHED})")
    # A reader sees the rows of the whole: what belongs to them is changed by their owner alone.
    for part, (table, column) in PARTS.items():
        owned = f"EXISTS (SELECT FROM {table} o WHERE o.id = {part}.{column} AND agentgraph_sees(o.owner_id))"
        op.execute(f"ALTER POLICY owner ON {part} USING ({owned})")
    op.execute(f"CREATE POLICY shared ON messages FOR SELECT USING (session_id {REACHED})")
    readable = f"session_id {REACHED} AND (borrowed IS NULL OR {READABLE})"
    op.execute(f"CREATE POLICY shared ON queries FOR SELECT USING ({readable})")


def downgrade() -> None:
    """Takes it back; conversations are then shared with nobody."""
    for table in ("queries", "messages", "sessions"):
        op.execute(f"DROP POLICY shared ON {table}")
    for part, (table, column) in PARTS.items():
        op.execute(f"ALTER POLICY owner ON {part} USING (EXISTS (SELECT FROM {table} o WHERE o.id = {part}.{column}))")
    op.execute("DELETE FROM shares WHERE session_id IS NOT NULL")
    op.execute(RECEIVED.format(session_id="", rules=RULES))
    _constrain("one_source", ["file_id", "database_id"], instead_of="one_thing")
    op.drop_column("shares", "session_id")


def _constrain(name: str, things: list[str], *, instead_of: str) -> None:
    """One thing is shared with one receiver, once."""
    op.drop_constraint(op.f(f"ck_shares_{instead_of}"), "shares")
    op.create_check_constraint(op.f(f"ck_shares_{name}"), "shares", f"num_nonnulls({', '.join(things)}) = 1")
    op.drop_index("uq_shares_receiver", "shares")
    columns = [*things, *RECEIVER]
    op.create_index("uq_shares_receiver", "shares", columns, unique=True, postgresql_nulls_not_distinct=True)
