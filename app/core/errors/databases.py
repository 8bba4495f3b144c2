"""The ways in which somebody's database cannot be opened, each with its own code and the next step to take.

Unavailable
├── DatabaseUnreachable
│   └── ConnectionFailed (422)    HostUnknown · EgressRefused · ConnectionRefused · ConnectTimedOut · TlsFailed
│                                 LoginRefused · DatabaseMissing · OptionRefused · SchemaUnreadable
│                                 FilesClosed · FileMissing · FileBusy · FileUnreadable
│                                 EngineClosed · EngineNotInstalled
└── CredentialsRefused (503)
Conflict (409)                    TableExists

None of them quotes the driver: its texts may hold addresses, names of users and parts of statements.
"""

from app.core.errors import Conflict, DatabaseUnreachable, Unavailable
from app.core.i18n import Text


class ConnectionFailed(DatabaseUnreachable):
    code = "connection_failed"
    status = 422
    title = Text(en="The database cannot be opened", pt="O banco de dados não pode ser aberto")
    detail = Text(
        en="The database ended the connection. Check host, port and engine.",
        pt="O banco de dados encerrou a conexão. Verifique host, porta e tipo de banco.",
    )


class HostUnknown(ConnectionFailed):
    code = "host_unknown"
    detail = Text(
        en="There is no address for this host name. Check its spelling.",
        pt="Não há endereço para este nome de host. Verifique a grafia.",
    )


class EgressRefused(ConnectionFailed):
    code = "egress_refused"
    detail = Text(
        en="This installation does not connect to that host. Whoever runs it can allow its network.",
        pt="Esta instalação não se conecta a esse host. Quem a administra pode liberar a rede dele.",
    )


class ConnectionRefused(ConnectionFailed):
    code = "connection_refused"
    detail = Text(
        en="Nothing accepts connections at that host and port. Check the port, and that the database is up.",
        pt="Nada aceita conexões nesse host e porta. Verifique a porta e se o banco está no ar.",
    )


class ConnectTimedOut(ConnectionFailed):
    code = "connect_timed_out"
    detail = Text(
        en="The host did not answer within {limit_s} seconds. A firewall may stand between.",
        pt="O host não respondeu em {limit_s} segundos. Pode haver um firewall no caminho.",
    )


class TlsFailed(ConnectionFailed):
    code = "tls_failed"
    detail = Text(
        en="No encrypted connection came about. Check the server's certificate, the CA, or the TLS mode.",
        pt="Não foi possível criptografar a conexão. Verifique o certificado, a CA ou o modo TLS.",
    )


class LoginRefused(ConnectionFailed):
    code = "login_refused"
    detail = Text(
        en="The database does not accept this user and password.",
        pt="O banco de dados não aceita este usuário e senha.",
    )


class DatabaseMissing(ConnectionFailed):
    code = "database_missing"
    detail = Text(
        en="The server has no database of this name that the user may open.",
        pt="O servidor não tem um banco com este nome que o usuário possa abrir.",
    )


class OptionRefused(ConnectionFailed):
    code = "option_refused"
    detail = Text(
        en="The connection string is not accepted: {reason}. Send the fields one by one.",
        pt="A string de conexão não é aceita: {reason}. Envie os campos um a um.",
    )


class SchemaUnreadable(ConnectionFailed):
    code = "schema_unreadable"
    detail = Text(
        en="The connection works, but this user can read no table in it.",
        pt="A conexão funciona, mas este usuário não pode ler nenhuma tabela.",
    )


class EngineClosed(ConnectionFailed):
    code = "engine_closed"
    detail = Text(
        en="This installation does not open {engine}. Whoever runs it can name it in AGENTGRAPH_OTHER_ENGINES.",
        pt="Esta instalação não abre {engine}. Quem a administra pode incluí-lo em AGENTGRAPH_OTHER_ENGINES.",
    )


class EngineNotInstalled(ConnectionFailed):
    code = "engine_not_installed"
    detail = Text(
        en="The driver of {engine} is missing. Whoever runs this installation can add it: pip install {package}",
        pt="Falta o driver de {engine}. Quem administra esta instalação pode incluí-lo: pip install {package}",
    )


class FilesClosed(ConnectionFailed):
    code = "database_files_closed"
    detail = Text(
        en="This installation opens no folder of SQLite and DuckDB files. Whoever runs it can name one.",
        pt="Esta instalação não abre nenhuma pasta de arquivos SQLite e DuckDB. Quem a administra pode indicar uma.",
    )


class FileMissing(ConnectionFailed):
    code = "database_file_missing"
    detail = Text(
        en="There is no such file in the folder of databases. Name it by its path within that folder.",
        pt="Não há esse arquivo na pasta de bancos de dados. Informe o caminho dele dentro dessa pasta.",
    )


class FileBusy(ConnectionFailed):
    code = "database_file_busy"
    detail = Text(
        en="A program is writing to this file. Ask again when it has closed it, or connect a finished copy.",
        pt="Um programa está gravando neste arquivo. Tente quando ele o fechar, ou conecte uma cópia pronta.",
    )


class FileUnreadable(ConnectionFailed):
    code = "database_file_unreadable"
    detail = Text(
        en="This is no database of that engine, or it is damaged, encrypted or of a newer format.",
        pt="Não é um banco de dados desse tipo, ou está danificado, cifrado ou em formato mais novo.",
    )


class CredentialsRefused(Unavailable):
    code = "credentials_refused"
    title = Text(en="No credentials can be stored", pt="Não é possível guardar credenciais")
    detail = Text(
        en="This installation has no master key and cannot keep passwords of databases. Whoever runs it can set one.",
        pt="Esta instalação não tem chave mestra e não guarda senhas de bancos. Quem a administra pode defini-la.",
    )


class TableExists(Conflict):
    code = "table_exists"
    title = Text(en="There is a table of this name", pt="Já existe uma tabela com este nome")
    detail = Text(
        en="The schema has a table called {table}. Tables are never written over: take another name.",
        pt="O esquema já tem uma tabela chamada {table}. Tabelas nunca são sobrescritas: use outro nome.",
    )
