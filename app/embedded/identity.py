"""Under which identity PostgreSQL runs: it refuses root, and the system's users and folders must stay as they are."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

NOBODY = 65534
PROBE_TIMEOUT_S = 10.0
PUBLIC_FOLDER = Path("/var/tmp")  # noqa: S108 - what is found there is checked


class Isolation(StrEnum):
    """Ways to run PostgreSQL that keep it from seeing itself as root."""

    DIRECT = "direct"
    """As the present user, who is not root."""
    USER_NAMESPACE = "user_namespace"
    """As root outside and as nobody inside a user namespace: files stay root's."""
    NOBODY = "nobody"
    """As nobody, where user namespaces are refused."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What to put in front of a program, and whom to become, so that it runs isolated."""

    isolation: Isolation
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None
    public_folder: Path = PUBLIC_FOLDER
    """Where it can read what it could not reach elsewhere."""

    @property
    def groups(self) -> list[int] | None:
        """Supplementary groups to keep: none when privileges are dropped, all otherwise."""
        return None if self.uid is None else []

    @property
    def owner(self) -> int:
        """Number of the user that must own the cluster's files, as seen from outside."""
        return os.geteuid() if self.uid is None else self.uid

    def runs(self, argv: list[str], *, environment: Mapping[str, str] | None = None) -> bool:
        """Whether this identity can run a short command successfully."""
        try:
            done = subprocess.run(  # noqa: S603 - fixed probes
                [*self.prefix, *argv],
                user=self.uid,
                group=self.gid,
                extra_groups=self.groups,
                capture_output=True,
                check=False,
                cwd="/",
                env=environment,
                timeout=PROBE_TIMEOUT_S,
            )
        except (PermissionError, FileNotFoundError):
            return False
        return done.returncode == 0


def identity_for(isolation: Isolation) -> Identity:
    """The identity that `isolation` stands for on this machine."""
    if isolation is Isolation.USER_NAMESPACE:
        unshare = shutil.which("unshare") or "unshare"
        mapping = (f"--map-user={NOBODY}", f"--map-group={NOBODY}")
        return Identity(isolation, prefix=(unshare, "--user", *mapping))
    if isolation is Isolation.NOBODY:
        return Identity(isolation, uid=NOBODY, gid=NOBODY)
    return Identity(isolation)


def choose_identity() -> Identity:
    """The least intrusive identity that works here."""
    if os.geteuid() != 0:
        return identity_for(Isolation.DIRECT)
    namespaced = identity_for(Isolation.USER_NAMESPACE)
    return namespaced if namespaced.runs(["true"]) else identity_for(Isolation.NOBODY)
