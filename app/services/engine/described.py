"""A file's catalog under the names and with the descriptions that people have given."""

from dataclasses import replace

from app.connectors.catalog import CATALOG_JSON, Catalog, ColumnProfile
from app.repositories.files import StoredCatalog


def described(stored: StoredCatalog) -> Catalog:
    """The catalog of one version; descriptions of columns that it has not are left out."""
    catalog = CATALOG_JSON.validate_python(stored.catalog)
    tables = tuple(
        replace(
            table,
            description=stored.description or table.description,
            columns=tuple(_column(column, stored.columns.get(column.name, {})) for column in table.columns),
        )
        for table in catalog.tables
    )
    return replace(catalog, tables=tables)


def _column(column: ColumnProfile, written: dict[str, str]) -> ColumnProfile:
    label, text = written.get("label"), written.get("description") or column.description
    # The planner links words of the name, the label or the description; a given name must count beside the old one.
    named = [part for part in (label, text) if part]
    return replace(column, label=label or column.label, description=": ".join(named) or None)
