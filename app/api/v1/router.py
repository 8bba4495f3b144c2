"""All routes of version 1; a new noun adds one line here."""

from typing import Final

from fastapi import APIRouter

from app.api.v1 import (
    admin,
    agents,
    api_keys,
    auth,
    batches,
    budgets,
    context,
    costs,
    data_exports,
    databases,
    erasures,
    files,
    history,
    live,
    models,
    notices,
    pairs,
    people,
    permissions,
    queries,
    query_charts,
    query_inputs,
    query_tables,
    quotas,
    roles,
    schedules,
    second_factors,
    sessions,
    shares,
    source_rules,
    system,
    uploads,
    users,
    webhooks,
)

FEATURES: Final = (
    auth,
    api_keys,
    second_factors,
    users,
    quotas,
    people,
    data_exports,
    erasures,
    permissions,
    roles,
    agents,
    uploads,
    files,
    databases,
    shares,
    source_rules,
    queries,
    query_charts,
    query_inputs,
    query_tables,
    batches,
    schedules,
    webhooks,
    pairs,
    sessions,
    context,
    history,
    models,
    costs,
    budgets,
    system,
    live,
    notices,
    admin,
)
"""In the order in which a path is looked up."""

router = APIRouter()
for feature in FEATURES:
    # Each with the whole prefix, not below a router of its own: FastAPI looks a path up twice at every level.
    router.include_router(feature.router, prefix="/api/v1")
