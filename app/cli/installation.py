"""The installation that a command works on: its settings, completed by what its data folder knows."""

from pydantic import SecretStr

from app.core.config import Settings


def with_secrets(settings: Settings, *, make: bool = False) -> Settings:
    """`settings` with the secrets of the data folder where none are set; `make` makes those that are missing."""
    from app.embedded.secrets import SecretName, keep_secret, stored_secrets

    folder, own = settings.data_dir.resolve(), dict[str, object]()
    for name, field, earlier in (
        (SecretName.JWT, "jwt_secret", "jwt_previous_secrets"),
        (SecretName.AUDIT, "audit_secret", None),
        (SecretName.MASTER, "master_key", "master_previous_keys"),
    ):
        if getattr(settings, field) is not None:
            continue
        if make:
            keep_secret(folder, name)
        stored = [SecretStr(value) for value in stored_secrets(folder, name)]
        own[field] = stored[0] if stored else None
        if earlier is not None:
            own[earlier] = stored[1:]
    return settings.model_copy(update=own)


def as_it_runs(settings: Settings) -> Settings:
    """`settings` with everything that is known without starting anything, also of embedded servers that run now."""
    from app.embedded.running import running_database_url, running_valkey_url

    folder = settings.data_dir.resolve()
    places = {
        "database_url": settings.database_url or running_database_url(folder),
        "valkey_url": settings.valkey_url or running_valkey_url(folder),
    }
    return with_secrets(settings).model_copy(update=places)
