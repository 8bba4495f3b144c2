"""Small rules about the text of questions that several steps share."""


def normalise_question(question: str) -> str:
    """`question` with letter case, runs of spaces and trailing punctuation folded: two spellings of one question."""
    return " ".join(question.casefold().split()).rstrip(" ?!.…;,:")
