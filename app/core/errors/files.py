"""Errors of files: uploads that do not come whole, and what cannot be read.

InvalidRequest (422)      ChecksumMismatch · AppendMismatch
Conflict (409)            UploadConflict
TooLarge (413)            StorageQuotaExceeded
StorageFull (507)
FileRejected (422)        one `reason` for each way a file cannot be read
"""

from app.core.errors import AgentGraphError, Conflict, InvalidRequest, TooLarge
from app.core.i18n import Text


class ChecksumMismatch(InvalidRequest):
    code = "checksum_mismatch"
    title = Text(en="The checksum does not match", pt="A soma de verificação não confere")
    detail = Text(
        en="The bytes that came have the SHA-256 {actual}, not {expected}. Send them again.",
        pt="Os bytes recebidos têm o SHA-256 {actual}, e não {expected}. Envie-os de novo.",
    )


class AppendMismatch(InvalidRequest):
    """Rows that do not fit the table; `differences` lists each column with what is expected and what was found."""

    code = "append_mismatch"
    title = Text(en="The columns differ", pt="As colunas diferem")
    detail = Text(
        en="The rows cannot be added, because their columns differ: {summary}.",
        pt="As linhas não podem ser acrescentadas, porque as colunas diferem: {summary}.",
    )


class UploadConflict(Conflict):
    """A chunk that does not belong to what came before under the same id; `field` says in what."""

    code = "upload_conflict"
    title = Text(en="This does not belong to the upload", pt="Isto não pertence ao envio")
    detail = Text(
        en="The upload was begun with another {field}. Use a new upload_id for another file.",
        pt="O envio foi iniciado com outro valor de {field}. Use um novo upload_id para outro arquivo.",
    )


class StorageQuotaExceeded(TooLarge):
    code = "storage_quota_exceeded"
    title = Text(en="No room left", pt="Sem espaço disponível")
    detail = Text(
        en="Your files take {used_bytes} of {quota_bytes} bytes; there is no room for this one. Remove some first.",
        pt="Seus arquivos ocupam {used_bytes} de {quota_bytes} bytes; não há espaço para este. Remova alguns antes.",
    )


class StorageFull(AgentGraphError):
    """The disk that the installation stores on, not somebody's quota."""

    code = "storage_full"
    status = 507
    title = Text(en="The storage is full", pt="O armazenamento está cheio")
    detail = Text(
        en="The storage of this installation is full; nothing was kept. Tell its administrator, and try again later.",
        pt="O armazenamento desta instalação está cheio; nada foi guardado. Avise a administração e tente mais tarde.",
    )


class FileRejected(AgentGraphError):
    """A file that cannot become a table; `reason` is a short machine word, the detail says it to people."""

    code = "file_rejected"
    status = 422
    title = Text(en="The file cannot be read", pt="O arquivo não pode ser lido")
    detail = Text(
        en="The file cannot be read as a table ({reason}).", pt="O arquivo não pode ser lido como tabela ({reason})."
    )
