"""Row-level security: the database hides what belongs to others, whatever a statement asks for."""

from alembic import op

revision = "20261130_1240"
down_revision = "20261130_1236"
branch_labels = None
depends_on = None

# `agentgraph.actor` is the id of a user, 'system', or anything else, which sees nothing; so does who has not set it.
SEES = """
CREATE FUNCTION agentgraph_sees(owner uuid) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT current_setting('agentgraph.actor', true) IN ('system', owner::text) $$
"""
ACTOR = """
CREATE FUNCTION agentgraph_actor() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN current_setting('agentgraph.actor', true) ~ '^[0-9a-f-]{36}$'
               THEN current_setting('agentgraph.actor', true)::uuid END $$
"""
OWNED = (
    "agents",
    "api_keys",
    "batches",
    "data_exports",
    "exchanges",
    "feedback",
    "idempotency_keys",
    "pairs",
    "schedules",
    "sessions",
    "uploads",
    "webhooks",
)
SOURCES = {"files": ("file_versions", "file_id"), "databases": ("database_snapshots", "database_id")}
PARTS = {
    "agent_sources": ("agents", "agent_id"),
    "call_answers": ("queries", "query_id"),
    "messages": ("sessions", "session_id"),
    "query_results": ("queries", "query_id"),
    "upload_chunks": ("uploads", "upload_id"),
    "webhook_deliveries": ("webhooks", "webhook_id"),
}
HOLDS = """
(borrowed IS NULL OR current_setting('agentgraph.actor', true) = 'system'
 OR borrowed <@ ARRAY(SELECT r.key FROM received_sources r WHERE r.reader_id = queries.owner_id))
"""
DECIDES = """
EXISTS (SELECT FROM users u
         WHERE u.id = shares.owner_id AND u.kind = 'NORMAL' AND u.manager_id = agentgraph_actor())
"""
RECEIVES = """
user_id = agentgraph_actor() OR role_id = (SELECT u.role_id FROM users u WHERE u.id = agentgraph_actor())
"""


def upgrade() -> None:
    """Applies the change."""
    op.execute(SEES)
    op.execute(ACTOR)
    for table in OWNED:
        _protect(table, "agentgraph_sees(owner_id)")
    for table, (part, column) in SOURCES.items():
        _protect(table, "agentgraph_sees(owner_id)")
        reached = (
            "EXISTS (SELECT FROM received_sources r WHERE r.source_id = {0}.id AND r.reader_id = agentgraph_actor())"
        )
        op.execute(f"CREATE POLICY shared ON {table} FOR SELECT USING ({reached.format(table)})")
        owned = f"EXISTS (SELECT FROM {table} o WHERE o.id = {part}.{column} AND agentgraph_sees(o.owner_id))"
        _protect(part, owned)
        visible = f"EXISTS (SELECT FROM {table} o WHERE o.id = {part}.{column})"
        op.execute(f"CREATE POLICY shared ON {part} FOR SELECT USING ({visible})")
    _protect("queries", f"agentgraph_sees(owner_id) AND {HOLDS}")
    _protect("shares", f"agentgraph_sees(owner_id) OR {DECIDES}")
    op.execute(f"CREATE POLICY received ON shares FOR SELECT USING ({RECEIVES})")
    for part, (table, column) in PARTS.items():
        _protect(part, f"EXISTS (SELECT FROM {table} o WHERE o.id = {part}.{column})")


def downgrade() -> None:
    """Takes it back."""
    tables = {*OWNED, *SOURCES, *(part for part, _ in SOURCES.values()), *PARTS, "queries", "shares"}
    for table in sorted(tables):
        op.execute(f"DROP POLICY owner ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
    for table, (part, _) in SOURCES.items():
        op.execute(f"DROP POLICY shared ON {table}")
        op.execute(f"DROP POLICY shared ON {part}")
    op.execute("DROP POLICY received ON shares")
    op.execute("DROP FUNCTION agentgraph_sees, agentgraph_actor")


def _protect(table: str, condition: str) -> None:
    # Forced: the product's own login owns the tables, and policies would not hold for an owner otherwise.
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner ON {table} USING ({condition})")
