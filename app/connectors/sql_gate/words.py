"""Reads lists of words written as one text, so that long allow-lists stay readable."""


def words(text: str) -> frozenset[str]:
    """The words of `text`, which white space parts."""
    return frozenset(text.split())
