"""Settings that would make an installation unsafe do not start it."""

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from app.core.config import Settings
from app.core.errors import Misconfigured
from app.main import create_app

GOOD_SECRET = "q8Vd2mZr5Lx0Bn7Tj4Hs9Wk3Pf6Yc1Ga"


def _settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"jwt_secret": "short"}, "at least 32 bytes"),
        ({"jwt_secret": "a" * 64}, "easy to guess"),
        ({"jwt_secret": "change-me-change-me-change-me-0123456789"}, "placeholder"),
        ({"cors_origins": ["*"]}, "CORS"),
        ({"lease_s": 10, "heartbeat_s": 5}, "LEASE_S"),
        ({"data_dir": "data", "database_folder": "data/bancos"}, "must not lie in each other"),
        ({"data_dir": "data/own", "database_folder": "data"}, "must not lie in each other"),
        ({"access_token_ttl_s": 86_400}, "less than or equal to 3600"),
        ({"port": "http"}, "port"),
    ],
)
def test_bad_setting_is_refused_with_its_reason(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        _settings(**values)


def test_good_secret_is_accepted_and_not_shown() -> None:
    assert GOOD_SECRET not in repr(_settings(jwt_secret=GOOD_SECRET))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("missing", "setting"),
    [
        ("jwt_secret", "AGENTGRAPH_JWT_SECRET"),
        ("database_url", "AGENTGRAPH_DATABASE_URL"),
        ("valkey_url", "AGENTGRAPH_VALKEY_URL"),
    ],
)
async def test_api_does_not_start_without_what_it_needs(missing: str, setting: str) -> None:
    urls = {"database_url": "postgresql://h/x", "valkey_url": "redis://h", "jwt_secret": GOOD_SECRET}
    app = create_app(_settings(**(urls | {missing: None})))
    with pytest.raises(Misconfigured, match=setting):
        await _start(app)


async def _start(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        pass
