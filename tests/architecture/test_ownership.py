"""Every table that names an account says what becomes of its rows when the person leaves."""

from sqlalchemy import Table

from app.models import Base
from app.models.ownership import owned_tables

SETTLED = {
    "budgets.created_by",  # Who set a limit is part of it.
    "erasures.user_id",  # The proof that somebody's things went.
    "exchange_rates.created_by",  # Who set a rate is part of the rate.
    "model_prices.created_by",  # Who set a price is part of the price.
    "roles.owner_id",  # Handed over before a MASTER goes.
    "shares.given_by",  # Set to NULL.
    "usage_records.owner_id",  # A figure, with no text of the person's.
    "user_permissions.given_by",  # Taken over by the next manager.
    "users.manager_id",
    "users.role_given_by",
}
"""References that are no ownership, each settled by `app.services.accounts.leaving`."""


def _references(table: Table) -> dict[str, str | None]:
    """How each column of `table` that refers to an account goes along with it."""
    keys = [key for key in table.foreign_keys if key.column.table.name == "users"]
    return {f"{table.name}.{key.parent.name}": key.ondelete for key in keys}


def test_rows_that_name_an_account_go_with_it_or_are_settled_otherwise() -> None:
    found = {name: way for table in Base.metadata.tables.values() for name, way in _references(table).items()}
    assert {name for name, way in found.items() if way != "CASCADE"} == SETTLED


def test_what_belongs_to_a_person_has_an_id_of_its_own_or_an_owner_in_its_key() -> None:
    for table in owned_tables():
        assert list(table.primary_key), table.name
