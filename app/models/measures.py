"""What processes measured, added up over the installation: by hour, and since ever; and which processes live."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class _Tallied:
    """How often something happened, how often not well, and how long it took."""

    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`app.core.measures.Measure`."""
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(BigInteger)
    total_s: Mapped[float]
    classes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """Occurrences by duration, in the classes of `app.core.measures.BOUNDS_S`."""


class MeasureHour(_Tallied, Base):
    """Tallies of one hour (UTC); they are kept for months."""

    __tablename__ = "measure_hours"

    hour: Mapped[datetime] = mapped_column(primary_key=True)


class MeasureDay(_Tallied, Base):
    """The same tallies by the day (UTC), so that months are read from few rows."""

    __tablename__ = "measure_days"

    day: Mapped[datetime] = mapped_column(primary_key=True)
    """Its midnight."""


class MeasureTotal(_Tallied, Base):
    """The same tallies since ever, which only grow: what Prometheus reads."""

    __tablename__ = "measure_totals"


class ProcessHeartbeat(Base):
    """A process of the installation and when it last showed that it lives."""

    __tablename__ = "process_heartbeats"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(String(16))
    """`app.services.platform.Part`."""
    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
