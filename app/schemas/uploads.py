"""Shapes of what comes with an upload, and of uploads in chunks."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, Json, StringConstraints, model_validator

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.files import FileRead
from app.schemas.read_options import FileOptions

MAX_CHUNKS = 10_000

Sha256 = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[0-9a-fA-F]{64}$")]


class UploadFields(RequestModel):
    """The fields beside the file; those of chunks come all or not at all."""

    options: Json[FileOptions] = Field(default_factory=FileOptions)
    """A JSON object: what the sender knows of the file; left out: everything is detected."""
    sha256: Sha256 | None = None
    """SHA-256 of the whole file, in hexadecimal."""
    upload_id: UUID | None = None
    """Chosen by the sender, the same for all chunks of a file."""
    chunk_index: int | None = Field(default=None, ge=0, lt=MAX_CHUNKS)
    """Place of this chunk, from 0."""
    total_chunks: int | None = Field(default=None, ge=1, le=MAX_CHUNKS)
    checksum: Sha256 | None = None
    """SHA-256 of this chunk, in hexadecimal."""

    @model_validator(mode="after")
    def _whole_or_chunk(self) -> Self:
        given = [value is not None for value in (self.upload_id, self.chunk_index, self.total_chunks)]
        if any(given) != all(given):
            raise ValueError("upload_id, chunk_index and total_chunks come together")
        if self.chunk_index is not None and self.total_chunks is not None and self.chunk_index >= self.total_chunks:
            raise ValueError("chunk_index is below total_chunks")
        return self


class VersionFields(UploadFields):
    """The fields beside the file of a new version."""

    mode: Literal["replace", "append"] = "replace"
    """`append` adds rows to the present version, whose columns they must have."""


class UploadRead(ResponseModel):
    """How far an upload in chunks has come."""

    upload_id: UUID
    name: str
    total_chunks: int
    received_chunks: int
    received_bytes: int
    missing: list[int]
    """Places of the chunks that are not here yet; the first thousand."""
    expires_at: datetime
    """When it is removed unless another chunk comes."""
    file: FileRead | None
    """The file, once all chunks are here; poll its status until it is `ready`."""
