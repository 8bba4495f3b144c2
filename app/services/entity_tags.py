"""Entity tags (RFC 9110, 8.8.3) of what has a version, and the condition that they put on a change."""

from app.core.errors import PreconditionFailed


def etag(version: int) -> str:
    """The tag of this version."""
    return f'"{version}"'


def require_match(version: int, if_match: str | None) -> None:
    """Checks that a change is based on the present version. Raises PreconditionFailed."""
    tags = [tag.strip() for tag in (if_match or "*").split(",")]
    if "*" not in tags and etag(version) not in tags:
        raise PreconditionFailed
