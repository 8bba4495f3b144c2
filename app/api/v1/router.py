"""All routes of version 1; a new noun adds one line here."""

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

router = APIRouter(prefix="/api/v1")
router.include_router(auth.router)
router.include_router(api_keys.router)
router.include_router(second_factors.router)
router.include_router(users.router)
router.include_router(quotas.router)
router.include_router(people.router)
router.include_router(data_exports.router)
router.include_router(erasures.router)
router.include_router(permissions.router)
router.include_router(roles.router)
router.include_router(agents.router)
router.include_router(uploads.router)
router.include_router(files.router)
router.include_router(databases.router)
router.include_router(shares.router)
router.include_router(source_rules.router)
router.include_router(queries.router)
router.include_router(query_charts.router)
router.include_router(query_inputs.router)
router.include_router(query_tables.router)
router.include_router(batches.router)
router.include_router(schedules.router)
router.include_router(webhooks.router)
router.include_router(pairs.router)
router.include_router(sessions.router)
router.include_router(context.router)
router.include_router(history.router)
router.include_router(models.router)
router.include_router(costs.router)
router.include_router(budgets.router)
router.include_router(system.router)
router.include_router(live.router)
router.include_router(notices.router)
router.include_router(admin.router)
