"""The vocabulary of permissions: what each allows, and which kind of user holds it by default."""

from enum import StrEnum

from app.core.i18n import Text


class UserKind(StrEnum):
    """What an account is: it controls everything, manages NORMAL users, or works within its permissions."""

    ADMIN = "ADMIN"
    MASTER = "MASTER"
    NORMAL = "NORMAL"


class Permission(StrEnum):
    """`resource:action`; a route declares the one it needs."""

    PROFILE_READ = "profile:read"
    PROFILE_UPDATE = "profile:update"
    PROFILE_EXPORT = "profile:export"
    PROFILE_DELETE = "profile:delete"
    AGENTS_READ = "agents:read"
    AGENTS_CREATE = "agents:create"
    AGENTS_UPDATE = "agents:update"
    AGENTS_DELETE = "agents:delete"
    FILES_READ = "files:read"
    FILES_UPLOAD = "files:upload"
    FILES_DELETE = "files:delete"
    FILES_SHARE = "files:share"
    DATABASES_READ = "databases:read"
    DATABASES_CONNECT = "databases:connect"
    DATABASES_UPDATE = "databases:update"
    DATABASES_DELETE = "databases:delete"
    DATABASES_SHARE = "databases:share"
    TABLES_CREATE = "tables:create"
    QUERIES_READ = "queries:read"
    QUERIES_EXECUTE = "queries:execute"
    QUERIES_CANCEL = "queries:cancel"
    FEEDBACK_GIVE = "feedback:give"
    PAIRS_READ = "pairs:read"
    PAIRS_VERIFY = "pairs:verify"
    SESSIONS_READ = "sessions:read"
    SESSIONS_CREATE = "sessions:create"
    SESSIONS_UPDATE = "sessions:update"
    SESSIONS_DELETE = "sessions:delete"
    SESSIONS_SHARE = "sessions:share"
    SCHEDULES_READ = "schedules:read"
    SCHEDULES_CREATE = "schedules:create"
    SCHEDULES_UPDATE = "schedules:update"
    SCHEDULES_DELETE = "schedules:delete"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_CREATE = "webhooks:create"
    WEBHOOKS_DELETE = "webhooks:delete"
    MODELS_READ = "models:read"
    PERMISSIONS_READ = "permissions:read"
    USERS_READ = "users:read"
    USERS_CREATE = "users:create"
    USERS_UPDATE = "users:update"
    USERS_DELETE = "users:delete"
    USERS_GRANT = "users:grant"
    ROLES_READ = "roles:read"
    ROLES_CREATE = "roles:create"
    ROLES_UPDATE = "roles:update"
    ROLES_DELETE = "roles:delete"
    SIGN_INS_READ = "sign_ins:read"
    SIGN_INS_REVOKE = "sign_ins:revoke"
    API_KEYS_READ = "api_keys:read"
    API_KEYS_CREATE = "api_keys:create"
    API_KEYS_REVOKE = "api_keys:revoke"
    AUDIT_READ = "audit:read"
    USAGE_READ = "usage:read"
    COSTS_READ = "costs:read"
    PRICES_UPDATE = "prices:update"
    SYSTEM_READ = "system:read"
    SYSTEM_UPDATE = "system:update"
    LIVE_READ = "live:read"
    LIVE_CANCEL = "live:cancel"
    BUDGETS_READ = "budgets:read"
    BUDGETS_UPDATE = "budgets:update"
    BUDGETS_OVERDRAW = "budgets:overdraw"


SENTENCES: dict[Permission, Text] = {
    Permission.PROFILE_READ: Text(en="read one's own profile", pt="ler o próprio perfil"),
    Permission.PROFILE_UPDATE: Text(en="change one's own profile", pt="alterar o próprio perfil"),
    Permission.PROFILE_EXPORT: Text(en="take all of one's own data away", pt="levar consigo todos os próprios dados"),
    Permission.PROFILE_DELETE: Text(en="delete one's own account", pt="excluir a própria conta"),
    Permission.AGENTS_READ: Text(en="see agents", pt="ver agentes"),
    Permission.AGENTS_CREATE: Text(en="create agents", pt="criar agentes"),
    Permission.AGENTS_UPDATE: Text(en="change agents", pt="alterar agentes"),
    Permission.AGENTS_DELETE: Text(en="delete agents", pt="excluir agentes"),
    Permission.FILES_READ: Text(en="see files and their preview", pt="ver arquivos e sua prévia"),
    Permission.FILES_UPLOAD: Text(en="upload files", pt="enviar arquivos"),
    Permission.FILES_DELETE: Text(en="delete files", pt="excluir arquivos"),
    Permission.FILES_SHARE: Text(
        en="share files with others, and see with whom", pt="compartilhar arquivos com outros, e ver com quem"
    ),
    Permission.DATABASES_READ: Text(en="see connected databases", pt="ver bancos de dados conectados"),
    Permission.DATABASES_CONNECT: Text(en="connect databases", pt="conectar bancos de dados"),
    Permission.DATABASES_UPDATE: Text(en="change connections", pt="alterar conexões"),
    Permission.DATABASES_DELETE: Text(en="remove connections", pt="remover conexões"),
    Permission.DATABASES_SHARE: Text(
        en="share connected databases with others, and see with whom",
        pt="compartilhar bancos de dados conectados com outros, e ver com quem",
    ),
    Permission.TABLES_CREATE: Text(
        en="make tables of answers in connected databases",
        pt="criar tabelas a partir de respostas em bancos conectados",
    ),
    Permission.QUERIES_READ: Text(en="see questions and their answers", pt="ver perguntas e suas respostas"),
    Permission.QUERIES_EXECUTE: Text(en="ask questions", pt="fazer perguntas"),
    Permission.QUERIES_CANCEL: Text(en="cancel running questions", pt="cancelar perguntas em andamento"),
    Permission.FEEDBACK_GIVE: Text(en="say what one thinks of answers", pt="dizer o que se acha das respostas"),
    Permission.PAIRS_READ: Text(en="see verified questions with their SQL", pt="ver perguntas verificadas com seu SQL"),
    Permission.PAIRS_VERIFY: Text(
        en="verify, import and remove questions with their SQL",
        pt="verificar, importar e remover perguntas com seu SQL",
    ),
    Permission.SESSIONS_READ: Text(en="see conversations", pt="ver conversas"),
    Permission.SESSIONS_CREATE: Text(en="begin conversations", pt="iniciar conversas"),
    Permission.SESSIONS_UPDATE: Text(en="change and resume conversations", pt="alterar e retomar conversas"),
    Permission.SESSIONS_DELETE: Text(en="delete conversations", pt="excluir conversas"),
    Permission.SESSIONS_SHARE: Text(
        en="share conversations with others, and see with whom", pt="compartilhar conversas com outros, e ver com quem"
    ),
    Permission.SCHEDULES_READ: Text(en="see schedules", pt="ver agendamentos"),
    Permission.SCHEDULES_CREATE: Text(en="have questions asked by a schedule", pt="agendar perguntas"),
    Permission.SCHEDULES_UPDATE: Text(en="change schedules", pt="alterar agendamentos"),
    Permission.SCHEDULES_DELETE: Text(en="delete schedules", pt="excluir agendamentos"),
    Permission.WEBHOOKS_READ: Text(en="see webhooks and what was sent there", pt="ver webhooks e o que foi enviado"),
    Permission.WEBHOOKS_CREATE: Text(en="add and try webhooks", pt="criar e testar webhooks"),
    Permission.WEBHOOKS_DELETE: Text(en="delete webhooks", pt="excluir webhooks"),
    Permission.MODELS_READ: Text(en="see the models of this installation", pt="ver os modelos desta instalação"),
    Permission.PERMISSIONS_READ: Text(en="see the catalogue of permissions", pt="ver o catálogo de permissões"),
    Permission.USERS_READ: Text(en="see the users one manages", pt="ver os usuários que administra"),
    Permission.USERS_CREATE: Text(en="create users", pt="criar usuários"),
    Permission.USERS_UPDATE: Text(en="change and suspend users", pt="alterar e suspender usuários"),
    Permission.USERS_DELETE: Text(en="delete users", pt="excluir usuários"),
    Permission.USERS_GRANT: Text(
        en="give users a role, permissions and denials", pt="dar aos usuários papel, permissões e proibições"
    ),
    Permission.ROLES_READ: Text(en="see roles", pt="ver papéis"),
    Permission.ROLES_CREATE: Text(en="create roles", pt="criar papéis"),
    Permission.ROLES_UPDATE: Text(en="change roles", pt="alterar papéis"),
    Permission.ROLES_DELETE: Text(en="delete roles", pt="excluir papéis"),
    Permission.SIGN_INS_READ: Text(en="see where one is signed in", pt="ver onde se está conectado"),
    Permission.SIGN_INS_REVOKE: Text(en="end one's own sign-ins", pt="encerrar os próprios acessos"),
    Permission.API_KEYS_READ: Text(en="see one's own API keys", pt="ver as próprias chaves de API"),
    Permission.API_KEYS_CREATE: Text(en="make API keys", pt="criar chaves de API"),
    Permission.API_KEYS_REVOKE: Text(en="revoke one's own API keys", pt="revogar as próprias chaves de API"),
    Permission.AUDIT_READ: Text(en="read the audit log", pt="ler o registro de auditoria"),
    Permission.USAGE_READ: Text(en="see what one's own questions cost", pt="ver o custo das próprias perguntas"),
    Permission.COSTS_READ: Text(en="see what questions of others cost", pt="ver o custo das perguntas de outros"),
    Permission.PRICES_UPDATE: Text(
        en="set prices of models, and rates of currencies", pt="definir preços de modelos e cotações de moedas"
    ),
    Permission.SYSTEM_READ: Text(
        en="see the health and the figures of the installation", pt="ver a saúde e os números da instalação"
    ),
    Permission.SYSTEM_UPDATE: Text(
        en="let the installation only read, and announce something",
        pt="pôr a instalação em somente leitura e fazer anúncios",
    ),
    Permission.LIVE_READ: Text(
        en="see what those one manages are waiting for", pt="ver o que está em andamento de quem administra"
    ),
    Permission.LIVE_CANCEL: Text(
        en="stop questions of those one manages", pt="interromper perguntas de quem administra"
    ),
    Permission.BUDGETS_READ: Text(en="see budgets of those one manages", pt="ver orçamentos de quem administra"),
    Permission.BUDGETS_UPDATE: Text(en="set budgets of those one manages", pt="definir orçamentos de quem administra"),
    Permission.BUDGETS_OVERDRAW: Text(en="let a budget be overdrawn", pt="permitir que um orçamento seja excedido"),
}
"""What each permission lets a person do; completes both the catalogue and the sentence of a denial."""

MANAGEMENT: frozenset[Permission] = frozenset(
    permission for permission in Permission if permission.value.split(":")[0] in {"users", "roles", "budgets", "live"}
)
"""Managing other people: never a NORMAL user's, by no role and no grant."""

INSTALLATION: frozenset[Permission] = frozenset(
    {Permission.SYSTEM_READ, Permission.SYSTEM_UPDATE, Permission.PRICES_UPDATE, Permission.BUDGETS_OVERDRAW}
)
"""What concerns the installation as a whole: an ADMIN's alone, by no role and no grant another's."""

ACROSS_OWNERS: frozenset[str] = frozenset(
    {"users", "roles", "profile", "audit", "costs", "usage", "prices", "budgets", "erasures", "system", "live", "admin"}
)
"""Areas whose routes work on the rows of several people by their nature, within what `app.core.rights` allows.

Routes of all other areas see the rows of whoever calls, and nobody else's, by the policies of the database too.
"""

CEILING: dict[UserKind, frozenset[Permission]] = {
    UserKind.ADMIN: frozenset(Permission),
    UserKind.MASTER: frozenset(Permission) - INSTALLATION,
    UserKind.NORMAL: frozenset(Permission) - MANAGEMENT - INSTALLATION,
}
"""The most that a user of each kind can hold."""

NORMAL_DEFAULT: frozenset[Permission] = CEILING[UserKind.NORMAL] - {
    Permission.AUDIT_READ,
    Permission.COSTS_READ,
    Permission.TABLES_CREATE,
}
"""What a NORMAL user holds without a role of its own."""

BY_KIND: dict[UserKind, frozenset[Permission]] = {
    UserKind.ADMIN: CEILING[UserKind.ADMIN],
    UserKind.MASTER: CEILING[UserKind.MASTER],
    UserKind.NORMAL: NORMAL_DEFAULT,
}
"""Default permissions by kind of user; `app.core.rights` tells what a person holds in the end."""
