"""Removes bytes that nothing refers to any more: local remains, old versions, and objects without a row."""

from uuid import UUID

from redis.exceptions import RedisError

from app.core.storage import FILES, UPLOADS, folders_of, version_key
from app.repositories import files, uploads
from app.services.platform import Platform

RUN_MARGIN_S = 60.0
"""Beyond the longest question: how long a version stays after it was deleted or replaced."""
COMBINED_UNUSED_S = 86_400.0
ATTEMPT_RESTS_S = 30.0
"""How long the folder of an attempt has not changed before anybody asks whether it is still needed."""
LISTING_KEY = "agentgraph:files:listed"


async def sweep_files(platform: Platform) -> int:
    """Removes what is left behind or replaced; gives how many pieces. Safe to run anywhere and at once."""
    settings, store = platform.settings, platform.store
    removed = await store.remove_abandoned(
        work_after_s=2 * settings.ingestion_timeout_s, combined_after_s=COMBINED_UNUSED_S
    )
    # A question reads the version that it began on, and none takes longer than this.
    after_s = settings.query_timeout_s + RUN_MARGIN_S
    async with platform.database.transaction() as session:
        gone = await files.remove_versions_deleted_before(session, after_s=after_s)
        gone += await files.remove_superseded(session, kept=settings.file_versions_kept, after_s=after_s)
        await uploads.remove_expired(session)
    removed += await _forget_attempts(platform)
    removed += await _forget_copies(platform)
    keys = [version_key(file_id, version_id) for file_id, version_id in gone]
    if await _may_list(platform):
        keys += await _orphans(platform)
    for key in keys:
        await store.objects.remove(key)
    return removed + len(keys)


async def _forget_attempts(platform: Platform) -> int:
    """Removes the folders of attempts to read what is read by now, or no more; gives how many.

    An attempt removes its own, but for one that was killed, or whose thread wrote on when it was told to stop.
    """
    attempted = await platform.store.attempted_versions(after_s=ATTEMPT_RESTS_S)
    if not attempted:
        return 0
    async with platform.database.read() as session:
        known = await files.places(session, attempted)
    over = [one for one in attempted if (place := known.get(one)) is None or place.is_final]
    return await platform.store.forget_attempts(over)


async def _forget_copies(platform: Platform) -> int:
    """Removes this machine's copies of versions that are no more, wherever they were removed; gives how many."""
    copied = await platform.store.copied_versions()
    if not copied:
        return 0
    async with platform.database.read() as session:
        known = await files.places(session, copied)
    return await platform.store.forget([version_id for version_id in copied if version_id not in known])


async def _may_list(platform: Platform) -> bool:
    """Whether it is time to list the whole store: a remote one is listed by one sweeper, and not all the time."""
    every_s = platform.store.objects.list_every_s
    if not every_s:
        return True
    try:
        return bool(await platform.valkey.set(LISTING_KEY, b"1", nx=True, ex=every_s))
    except RedisError:
        return False


async def _orphans(platform: Platform) -> list[str]:
    """Folders that no row explains: of versions, of attempts that lost, and of uploads."""
    store = platform.store
    stored, chunks = await store.objects.entries(FILES), await store.objects.entries(UPLOADS)
    old = store.objects.orphan_after_s
    versions = [key for key, age_s in folders_of(stored, depth=3).items() if age_s > old]
    attempts = [key for key, age_s in folders_of(stored, depth=4).items() if age_s > old]
    arriving = [key for key, age_s in folders_of(chunks, depth=2).items() if age_s > old]
    async with platform.database.read() as session:
        places = await files.places(session, [_id_in(key, 2) for key in versions])
        needed = await uploads.needed(session, [_id_in(key, 1) for key in arriving])
    unknown = [key for key in versions if _id_in(key, 2) not in places]
    lost = [
        key
        for key in attempts
        if (place := places.get(_id_in(key, 2))) is not None and place.is_final and place.storage_key != key
    ]
    return unknown + lost + [key for key in arriving if _id_in(key, 1) not in needed]


def _id_in(key: str, place: int) -> UUID:
    return UUID(key.split("/")[place])
