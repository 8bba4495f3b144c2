"""Second factors in the system database. Codes are used up by the statement that accepts them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from app.core.db import Session
from app.models import RecoveryCode, SecondFactor


async def find(session: Session, user_id: UUID) -> SecondFactor | None:
    """What a person has set up, confirmed or not."""
    return await session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id))


async def replace(session: Session, factor: SecondFactor) -> None:
    """Stores what a person sets up, in place of what was there."""
    await remove(session, factor.user_id)
    session.add(factor)
    await session.flush()


async def remove(session: Session, user_id: UUID) -> bool:
    """Takes a person's second factor away with its recovery codes; False when there was none."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    gone = await session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id).returning(SecondFactor.id))
    return gone.first() is not None


async def confirm(session: Session, user_id: UUID, code_hashes: Sequence[bytes], *, at: datetime) -> None:
    """From now on it is asked for, and `code_hashes` stand in for it."""
    await session.execute(update(SecondFactor).where(SecondFactor.user_id == user_id).values(confirmed_at=at))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=code_hash) for code_hash in code_hashes)
    await session.flush()


async def use_step(session: Session, factor_id: UUID, step: int) -> bool:
    """Takes the code of a time step; False when it or a later one was taken before."""
    newer = or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step)
    statement = update(SecondFactor).where(SecondFactor.id == factor_id, newer).values(last_step=step)
    return (await session.execute(statement.returning(SecondFactor.id))).first() is not None


async def use_recovery_code(session: Session, user_id: UUID, code_hash: bytes, *, at: datetime) -> bool:
    """Takes a recovery code; False when there is no such code that is unused."""
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
    statement = update(RecoveryCode).where(*unused).values(used_at=at).returning(RecoveryCode.id)
    return (await session.execute(statement)).first() is not None


async def recovery_codes_left(session: Session, user_id: UUID) -> int:
    """How many recovery codes of a person are unused."""
    statement = select(func.count()).select_from(RecoveryCode)
    left = await session.execute(statement.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)))
    return left.scalar_one()
