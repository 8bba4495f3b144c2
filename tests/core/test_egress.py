"""Where connections of users may lead."""

import pytest

from app.core.config import Settings
from app.core.egress import EgressRules
from app.core.errors.databases import EgressRefused, HostUnknown
from tests.data import SMALL, read_lines

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"
HOSTS = [item for item in read_lines(SMALL / "attacks" / "connections.jsonl") if item["kind"] == "db_host"]


def rules(*addresses: str, **values: object) -> EgressRules:
    """Rules of an installation, with a resolver that gives `addresses` for every name."""

    async def resolver(host: str, port: int) -> list[str]:
        if not addresses:
            raise OSError
        return list(addresses)

    given = EgressRules.of(Settings(_env_file=None, **values))  # type: ignore[arg-type]
    return EgressRules(given.allowed_networks, given.denied_networks, given.allowed_hosts, given.denied_hosts, resolver)


@pytest.mark.parametrize("item", HOSTS, ids=[item["id"] for item in HOSTS])
async def test_hosts_of_the_attack_set_are_refused(item: dict[str, str]) -> None:
    local = {"localhost", "LOCALHOST.", "rebind.test"}
    with pytest.raises(EgressRefused):
        await rules("127.0.0.1" if item["input"] in local else PUBLIC).address(item["input"], 5432)


async def test_a_public_host_is_opened_at_the_address_that_was_judged() -> None:
    assert await rules(PUBLIC).address("Db.Example.com.", 5432) == PUBLIC
    assert await rules().address("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 5432)


async def test_a_name_that_changes_its_address_is_judged_at_every_connection() -> None:
    answers = [[PUBLIC], ["127.0.0.1"]]

    async def resolver(host: str, port: int) -> list[str]:
        return answers.pop(0)

    changing = EgressRules(resolver=resolver)
    assert await changing.address("rebind.test", 5432) == PUBLIC
    with pytest.raises(EgressRefused):
        await changing.address("rebind.test", 5432)


async def test_one_bad_address_among_several_refuses_the_name() -> None:
    with pytest.raises(EgressRefused):
        await rules(PUBLIC, "10.0.0.7").address("db.example.com", 5432)


async def test_a_setting_opens_named_networks_and_no_others() -> None:
    opened = rules("10.1.2.3", egress_allowed_networks=["10.1.0.0/16"])
    assert await opened.address("db.example.com", 5432) == "10.1.2.3"
    with pytest.raises(EgressRefused):
        await opened.address("10.2.0.1", 5432)


async def test_metadata_services_stay_closed_whatever_is_opened() -> None:
    opened = rules(egress_allowed_networks=["0.0.0.0/0", "::/0"])
    for host in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "metadata.google.internal"):
        with pytest.raises(EgressRefused):
            await opened.address(host, 5432)


async def test_networks_and_hosts_can_be_denied_and_hosts_limited() -> None:
    for values in (
        {"egress_denied_networks": ["93.184.0.0/16"]},
        {"egress_denied_hosts": [".example.com"]},
        {"egress_allowed_hosts": ["db.example.org"]},
    ):
        with pytest.raises(EgressRefused):
            await rules(PUBLIC, **values).address("db.example.com", 5432)
    assert await rules(PUBLIC, egress_allowed_hosts=[".example.com"]).address("db.example.com", 5432) == PUBLIC


async def test_a_name_without_address_is_said_to_be_unknown() -> None:
    with pytest.raises(HostUnknown):
        await rules().address("nada.example.com", 5432)
