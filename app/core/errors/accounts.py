"""Errors of accounts: passwords, tokens, keys, and the last administrator.

InvalidRequest (422)      WeakPassword · WrongPassword · ResetTokenInvalid
Unauthenticated (401)     BadCredentials · TokenInvalid · TokenReused
Forbidden (403)           RegistrationClosed · ScopeNotHeld
Conflict (409)            EmailTaken · LastAdmin
"""

from app.core.errors import Conflict, Forbidden, InvalidRequest, Unauthenticated
from app.core.i18n import Text


class WeakPassword(InvalidRequest):
    code = "weak_password"
    title = Text(en="The password is too easy to guess", pt="A senha é fácil de adivinhar")
    detail = Text(
        en="This password is among the most used ones, or is your own name or e-mail. Choose another.",
        pt="Esta senha está entre as mais usadas, ou é o seu próprio nome ou e-mail. Escolha outra.",
    )


class WrongPassword(InvalidRequest):
    code = "wrong_password"
    title = Text(en="The password is not right", pt="A senha não confere")
    detail = Text(
        en="The current password is missing or wrong; this change needs it.",
        pt="A senha atual está ausente ou incorreta; esta alteração precisa dela.",
    )


class ResetTokenInvalid(InvalidRequest):
    code = "reset_token_invalid"
    title = Text(en="The token does not work", pt="O token não funciona")
    detail = Text(
        en="This token is unknown, was used or has expired. Ask for a new mail.",
        pt="Este token é desconhecido, já foi usado ou expirou. Peça um novo e-mail.",
    )


class BadCredentials(Unauthenticated):
    code = "bad_credentials"
    title = Text(en="Wrong e-mail or password", pt="E-mail ou senha incorretos")
    detail = Text(en="The e-mail or the password is wrong.", pt="O e-mail ou a senha está incorreto.")


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    detail = Text(
        en="The token is not valid, has expired or was revoked. Sign in again.",
        pt="O token não é válido, expirou ou foi revogado. Entre novamente.",
    )


class TokenReused(TokenInvalid):
    code = "token_reused"
    keeps_work = True
    detail = Text(
        en="This refresh token was used before, so every sign-in that came from it was revoked. Sign in again.",
        pt="Este refresh token já foi usado, por isso todo acesso originado dele foi revogado. Entre novamente.",
    )


class ScopeNotHeld(Forbidden):
    code = "scope_not_held"
    detail = Text(
        en="You do not hold the permission {scope}, so you cannot give it to a key.",
        pt="Você não tem a permissão {scope}, portanto não pode dá-la a uma chave.",
    )


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    detail = Text(
        en="Accounts are created by an administrator here.", pt="Aqui as contas são criadas por um administrador."
    )


class EmailTaken(Conflict):
    code = "email_taken"
    detail = Text(en="There is an account with this e-mail.", pt="Já existe uma conta com este e-mail.")


class LastAdmin(Conflict):
    code = "last_admin"
    detail = Text(
        en="The last active administrator cannot be removed or demoted.",
        pt="O último administrador ativo não pode ser removido nem rebaixado.",
    )
