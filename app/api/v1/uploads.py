"""Routes by which files come in: whole or in chunks, as new files or as new versions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status

from app.api.deps import EngineDep, SessionDep, requires
from app.api.openapi import problems
from app.api.streaming import body_of
from app.core.actor import Actor
from app.core.errors import AlreadyFinished, NotReady, TooLarge, ValidationFailed
from app.core.errors.files import ChecksumMismatch, StorageQuotaExceeded, UploadConflict
from app.core.permissions import Permission
from app.schemas.files import FileRead, FileVersionsRead, RereadRequest
from app.schemas.uploads import UploadFields, UploadRead, VersionFields
from app.services.files import file_versions, uploads

router = APIRouter(prefix="/files", tags=["files"])


def _form(fields: type[UploadFields]) -> dict[str, Any]:
    """The multipart body with one file and `fields`, as OpenAPI describes it."""
    schema = fields.model_json_schema()
    properties = {"file": {"type": "string", "contentMediaType": "application/octet-stream"}, **schema["properties"]}
    form = {"type": "object", "required": ["file"], "additionalProperties": False, "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


UploadingActor = Annotated[Actor, Depends(requires(Permission.FILES_UPLOAD))]
INTAKE_ERRORS = (ValidationFailed, ChecksumMismatch, TooLarge, StorageQuotaExceeded, UploadConflict)


@router.post(
    "/upload",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=_form(UploadFields),
    responses=problems(*INTAKE_ERRORS),
)
async def upload_file(
    actor: UploadingActor, request: Request, engine: EngineDep, response: Response
) -> FileRead | UploadRead:
    """Takes one file in the multipart field `file`; poll its status until it is `ready`.

    With `upload_id` (a UUID of the sender's choice), `chunk_index` and `total_chunks` it takes one chunk of a file
    instead: in any order, several at once, days apart. A chunk that is sent again changes nothing.
    """
    content_type = request.headers.get("content-type", "")
    taken = await uploads.take_file(engine, actor, body_of(request), content_type)
    response.headers["Location"] = _location(taken)
    return taken


@router.get("/uploads/{upload_id}")
async def read_upload(actor: UploadingActor, upload_id: UUID, session: SessionDep) -> UploadRead:
    """Which chunks of an upload are here and which are missing."""
    return await uploads.state(session, actor, upload_id)


@router.delete("/uploads/{upload_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(AlreadyFinished))
async def abort_upload(actor: UploadingActor, upload_id: UUID, engine: EngineDep) -> None:
    """Removes an unfinished upload with its chunks."""
    await uploads.abort(engine, actor, upload_id)


@router.get("/{file_id}/versions")
async def list_file_versions(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_READ))], file_id: UUID, session: SessionDep
) -> FileVersionsRead:
    """The versions of a file that are kept, newest first."""
    return await file_versions.list_versions(session, actor, file_id)


@router.post(
    "/{file_id}/versions",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=_form(VersionFields),
    responses=problems(*INTAKE_ERRORS, NotReady),
)
async def add_file_version(
    actor: UploadingActor, file_id: UUID, request: Request, engine: EngineDep, response: Response
) -> FileRead | UploadRead:
    """Takes a file, whole or in chunks, that replaces the present version or adds its rows to it (`mode`).

    The present version is asked until the new one is ready; questions that run keep the version they began on. Rows
    whose columns differ are not added: the new version fails with `append_mismatch` and the differences.
    """
    content_type = request.headers.get("content-type", "")
    taken = await uploads.take_version(engine, actor, body_of(request), content_type, file_id=file_id)
    response.headers["Location"] = _location(taken)
    return taken


@router.post("/{file_id}/versions/reread", status_code=status.HTTP_202_ACCEPTED, responses=problems(NotReady))
async def reread_file(actor: UploadingActor, file_id: UUID, body: RereadRequest, engine: EngineDep) -> FileRead:
    """Reads the bytes of the newest version anew with other options, as a new version."""
    return await file_versions.reread(engine, actor, file_id, options=body.options)


def _location(taken: FileRead | UploadRead) -> str:
    if isinstance(taken, UploadRead) and taken.file is None:
        return f"/api/v1/files/uploads/{taken.upload_id}"
    file_id = taken.id if isinstance(taken, FileRead) else taken.file and taken.file.id
    return f"/api/v1/files/{file_id}"
