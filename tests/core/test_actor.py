"""Rights of an actor."""

from uuid import uuid4

import pytest

from app.core.actor import Actor
from app.core.errors import PermissionDenied
from app.core.i18n import Language
from app.core.permissions import Permission, UserKind


def test_actor_without_the_permission_is_told_which_one_in_its_language() -> None:
    actor = Actor(
        user_id=uuid4(),
        kind=UserKind.NORMAL,
        permissions=frozenset({Permission.FILES_READ}),
        sign_in_id=None,
        language=Language.PT,
    )
    actor.require(Permission.FILES_READ)
    with pytest.raises(PermissionDenied) as denied:
        actor.require(Permission.FILES_UPLOAD)
    assert denied.value.fields == {"permission": "files:upload", "sentence": "enviar arquivos"}
