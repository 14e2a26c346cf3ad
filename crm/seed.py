"""The demonstration network: fictional, believable, the same every time."""


def is_empty() -> bool:
    return True


def fill(size: str, *, progress: bool = False) -> None:
    pass


def logins() -> list[str]:
    return []
