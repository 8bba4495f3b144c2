"""Records of several lines: the same cells as the whole text gives, found while the lines come."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.ingestion.records import Dialect, RecordReader, Splitter

PIECES = st.sampled_from(['"', '""', ",", "a", " ", "\\", "\n", "\n"])


@given(text=st.lists(PIECES, max_size=30).map("".join), escape=st.sampled_from(["", "\\"]))
@example(text='"a\n"" b"" ,c\nd",e\n', escape="")
@example(text='"a\nb", "c\nd",e\n', escape="")
@settings(max_examples=500)
def test_a_record_ends_with_the_first_line_that_closes_its_quotes(text: str, escape: str) -> None:
    dialect = Dialect(",", '"', escape)
    lines = text.splitlines(keepends=True)
    prefixes = ["".join(lines[:count]).rstrip("\r\n") for count in range(1, len(lines) + 1)]
    whole = next((cells for prefix in prefixes if (cells := Splitter(dialect).split(prefix)) is not None), None)

    first = next(RecordReader(dialect).read(lines), None)

    assert first is None if not lines else whole is None or (first is not None and first.cells == whole)


def test_a_record_of_many_lines_with_quotes_in_each_is_one_record() -> None:
    lines = ['1,"first\n', *('said ""yes"", then ""no""\n' for _ in range(30_000)), 'last",2\n', "3,x,4\n"]
    first, second = RecordReader(Dialect(",", '"', "")).read(lines)
    assert (len(first.cells), first.cells[1].count('"yes", then "no"'), first.cells[2]) == (3, 30_000, "2")
    assert second.cells == ["3", "x", "4"]
