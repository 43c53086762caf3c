"""SQL texts and files become single statements."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.errors import InputError
from perfreg.measure.database.scanner import SqlTextError
from perfreg.measure.database.statements import keyword, read, split


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("sqlite", "", []),
        ("sqlite", " ; -- nothing\n; /* at all; */ ;", []),
        ("sqlite", "SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("sqlite", "SELECT 'a;''b;' ; SELECT \"c;d\", [e;f]", ["SELECT 'a;''b;'", 'SELECT "c;d", [e;f]']),
        ("sqlite", "-- one; two\nSELECT 1; -- end", ["-- one; two\nSELECT 1"]),
        (
            "sqlite",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END; SELECT 1",
            ["CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END", "SELECT 1"],
        ),
        ("postgresql", "SELECT $$a;b$$; SELECT $x$ $$; $x$;", ["SELECT $$a;b$$", "SELECT $x$ $$; $x$"]),
        ("postgresql", r"SELECT E'it\';s'; SELECT '\'; SELECT 3", [r"SELECT E'it\';s'", r"SELECT '\'", "SELECT 3"]),
        ("mysql", r"SELECT 'it\';s', `a;b`; SELECT 2 # last;", [r"SELECT 'it\';s', `a;b`", "SELECT 2 # last;"]),
        ("mysql", "/*!40101 SET NAMES utf8 */; # x;\nSELECT 1", ["/*!40101 SET NAMES utf8 */", "# x;\nSELECT 1"]),
    ],
)
def test_a_text_is_cut_at_its_own_semicolons(dialect: str, text: str, expected: list[str]) -> None:
    assert list(split(text, dialect)) == expected


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("select 1", "SELECT"),
        ("  -- why\n /* how */ ((WITH x AS", "WITH"),
        ("# mysql\nupdate t", "UPDATE"),
        ("", ""),
        ("-- only words", ""),
    ],
)
def test_the_first_word_is_found_behind_comments(statement: str, word: str) -> None:
    assert keyword(statement) == word


def test_comments_that_never_end_are_read_in_no_time() -> None:
    assert keyword("-- " * 100_000) == ""
    assert keyword("/* " * 100_000) == ""
    assert list(split("--" * 50_000 + "\n;" * 50_000, "mysql")) == []


def test_a_list_is_taken_as_it_is(tmp_path: Path) -> None:
    routine = "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END"

    found = read([routine, "CALL p()"], tmp_path, "mysql", "here")

    assert [each.sql for each in found] == [routine, "CALL p()"]
    assert [each.where for each in found] == ["here: item 1", "here: item 2"]


def test_files_are_found_from_the_directory_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("\ufeffCREATE TABLE a (x int);\nCREATE TABLE b (x int);\n", encoding="utf-8")

    found = read("schema.sql", tmp_path, "sqlite", "here")

    assert [each.sql for each in found] == ["CREATE TABLE a (x int)", "CREATE TABLE b (x int)"]
    assert [each.where for each in found] == ["here: schema.sql:1", "here: schema.sql:2"]
    assert len(read(["schema.sql", "SELECT 1"], tmp_path, "sqlite", "here")) == 3


@pytest.mark.parametrize("name", ["missing.sql", "folder.sql", "binary.sql"])
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.sql").mkdir()
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InputError) as caught:
        read(name, tmp_path, "sqlite", "test_scenarios.orders.setup")

    message = str(caught.value)
    assert message.startswith(f"test_scenarios.orders.setup: the SQL file '{name}' cannot be read: ")
    assert "\n" not in message


QUOTED = st.text(alphabet="ab;'-/*\n $\"[", max_size=12).map(lambda text: text.replace("'", "''"))


@given(st.lists(QUOTED, min_size=1, max_size=5))
def test_literals_survive_cutting(literals: list[str]) -> None:
    script = ";".join(["INSERT INTO t VALUES ('{}')".replace("{}", literal) for literal in literals])
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (x)")

    for statement in split(script, "sqlite"):
        database.execute(statement)

    found = [row[0] for row in database.execute("SELECT x FROM t ORDER BY rowid")]
    database.close()
    assert found == [literal.replace("''", "'") for literal in literals]


@given(
    st.text(alphabet="ab;'\"-/*\n $#\\`[]eE(.", max_size=60), st.sampled_from(["sqlite", "postgresql", "mysql", "x"])
)
def test_nothing_but_semicolons_and_comments_is_lost(text: str, dialect: str) -> None:
    with suppress(SqlTextError):  # which is tested by itself
        pieces = list(split(text, dialect))
        position = 0
        for piece in pieces:
            position = text.index(piece, position) + len(piece)
        assert all(piece.strip() == piece and piece for piece in pieces)


@given(st.text(alphabet="a;'\"-/*\n $", max_size=40))
def test_what_is_quoted_in_dollars_or_nested_comments_is_never_cut(text: str) -> None:
    """Whatever it is: the tag does not occur in it, and its own comments are balanced."""
    comment = text.replace("/*", "").replace("*/", "").replace("*", "").replace("/", "")

    assert list(split(f"SELECT $q$${text}$q$; /* {comment} /* ; */ ; */ SELECT 2", "postgresql")) == [
        f"SELECT $q$${text}$q$",
        f"/* {comment} /* ; */ ; */ SELECT 2",
    ]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgresql", "SELECT 1 LIKE'a\\'; SELECT 2", ["SELECT 1 LIKE'a\\'", "SELECT 2"]),
        ("postgresql", "SELECT $1; SELECT a$b$c; SELECT 3", ["SELECT $1", "SELECT a$b$c", "SELECT 3"]),
        ("postgresql", "/* /* ; */ ; */ SELECT 1", ["/* /* ; */ ; */ SELECT 1"]),
        ("mysql", "SELECT 5--1; SELECT 2 -- x;", ["SELECT 5--1", "SELECT 2 -- x;"]),
        ("mysql", 'SELECT "a\\";", 2; SELECT 3', ['SELECT "a\\";", 2', "SELECT 3"]),
    ],
)
def test_engines_differ_in_what_a_quote_is(dialect: str, text: str, expected: list[str]) -> None:
    assert list(split(text, dialect)) == expected


@pytest.mark.parametrize(
    ("dialect", "text", "said"),
    [
        ("postgresql", "SELECT 1;\n\nSELECT 'x;\n", "t.sql:3: a quoted text that begins with ' never ends"),
        ("postgresql", "SELECT 1;\nSELECT $a$ x $b$", "t.sql:2: a quoted text that begins with $a$ never ends"),
        ("postgresql", "/* a /* b */\nSELECT 1", "t.sql:1: a comment that begins with /* never ends"),
        ("mysql", "SELECT `x", "t.sql:1: a quoted text that begins with ` never ends"),
        ("mysql", "SELECT 1;\n-- x\ndelimiter //\nSELECT 2//", "t.sql:3: DELIMITER is a command of the mysql client"),
        ("postgresql", "-- x\n\\set a 1\nSELECT 2", "t.sql:2: \\set is a command of a client, not SQL"),
        ("sqlite", ".mode csv\nSELECT 2", "t.sql:1: .mode is a command of a client, not SQL"),
        ("sqlite", "-- name: a-b\nSELECT 2", "t.sql:2: 'a-b' is no name for a statement"),
    ],
)
def test_what_is_no_sql_is_one_clear_line_that_says_where(dialect: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.sql").write_text(text)

    with pytest.raises(InputError) as caught:
        read("t.sql", tmp_path, dialect, "here")

    assert str(caught.value).startswith(f"here: {said}")
    assert "\n" not in str(caught.value)


def test_comments_name_statements(tmp_path: Path) -> None:
    found = read(
        "-- name: one\nSELECT 1;\n/* x */ --name:two2 -- what\n\nSELECT 2; SELECT 3", tmp_path, "sqlite", "here"
    )

    assert [(each.name, each.where) for each in found] == [
        ("one", "here: line 2"),
        ("two2", "here: line 5"),
        ("", "here: line 5"),
    ]
