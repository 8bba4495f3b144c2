"""Errors of managing people, a branch of the tree in `app.core.errors`.

Forbidden (403)     CannotGrant · OwnAccount · AboveOwnKind · NotYours · AboveOwnQuota
Conflict (409)      RoleInUse · RoleNameTaken · StillManages · RoleElsewhere
"""

from app.core.errors import Conflict, Forbidden
from app.core.i18n import Text


class CannotGrant(Forbidden):
    code = "cannot_grant"
    detail = Text(
        en="You cannot give these permissions, because you or this kind of user cannot hold them: {permissions}.",
        pt="Você não pode dar estas permissões, porque você ou este tipo de usuário não pode tê-las: {permissions}.",
    )


class OwnAccount(Forbidden):
    code = "own_account"
    detail = Text(
        en="Nobody changes their own kind, role, rights or state. Use /users/me for what is yours to change.",
        pt="Ninguém altera o próprio tipo, papel, direitos ou estado. Use /users/me para o que você pode alterar.",
    )


class AboveOwnKind(Forbidden):
    code = "above_own_kind"
    detail = Text(
        en="Only an administrator changes kinds and managers, and accounts that are not NORMAL.",
        pt="Só um administrador altera tipos e gestores, e contas que não são NORMAL.",
    )


class AboveOwnQuota(Forbidden):
    code = "above_own_quota"
    detail = Text(
        en="Nobody gives more than they have: your own limit of {quota} is {limit}.",
        pt="Ninguém dá mais do que tem: o seu próprio limite de {quota} é {limit}.",
    )


class NotYours(Forbidden):
    code = "not_yours"
    detail = Text(
        en="You may see and use this, but changing it is up to whoever made it or to an administrator.",
        pt="Você pode ver e usar isto, mas só quem o criou ou um administrador pode alterá-lo.",
    )


class RoleInUse(Conflict):
    code = "role_in_use"
    detail = Text(
        en="{users} user(s) have this role. Name another one for them in reassign_to.",
        pt="{users} usuário(s) têm este papel. Indique outro para eles em reassign_to.",
    )


class RoleNameTaken(Conflict):
    code = "role_name_taken"
    detail = Text(en="There is a role with this name.", pt="Já existe um papel com este nome.")


class StillManages(Conflict):
    code = "still_manages"
    detail = Text(
        en="This MASTER has {users} user(s) and {roles} role(s). Name another MASTER for them in reassign_to.",
        pt="Este MASTER tem {users} usuário(s) e {roles} papel(éis). Indique outro MASTER para eles em reassign_to.",
    )


class RoleElsewhere(Conflict):
    code = "role_elsewhere"
    detail = Text(
        en="The role belongs to a MASTER who does not manage this user. Choose one of its manager or of an ADMIN.",
        pt="O papel é de um MASTER que não administra este usuário. Escolha um do gestor dele ou de um ADMIN.",
    )
