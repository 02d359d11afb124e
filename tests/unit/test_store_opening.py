"""Opening the store: one writer, no damage, no newer schema, a full disk that passes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from record_builders import make_completion, make_inference
from sqlalchemy import text

from understudy.errors import StoreError
from understudy.store import Store, open_store
from understudy.store.database import Database
from understudy.store.tables import METADATA


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def test_everything_survives_closing(tmp_path: Path) -> None:
    inference = make_inference()
    with open_store(tmp_path) as store:
        store.insert_inferences([inference])
    with open_store(tmp_path) as again:
        assert again.find_inferences() == [inference]


def test_a_second_writer_is_told_who_the_first_is(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"process {os.getpid()}.*kill {os.getpid()}"):
        open_store(tmp_path)


def test_a_killed_writer_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from understudy.store import open_store\n"
        "store = open_store(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)

    assert died.returncode == -9
    open_store(tmp_path).close()


def test_a_reader_needs_no_lock_and_cannot_write(store: Store, tmp_path: Path) -> None:
    store.insert_inferences([make_inference()])

    with open_store(tmp_path, read_only=True) as reader:
        assert reader.count_inferences() == 1
        with pytest.raises(StoreError, match="readonly"):
            reader.insert_inferences([make_inference()])


def test_reading_where_there_is_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="understudy serve"):
        open_store(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_refused_and_the_lock_freed(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    database = Database(tmp_path, read_only=False)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    for _ in range(2):
        with pytest.raises(StoreError, match="schema 9999, newer than"):
            open_store(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "understudy.db").write_bytes(b"these are not the bytes of a database" * 100)
    with pytest.raises(StoreError, match="restore a backup"):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="choose another data_dir"):
        open_store(tmp_path / "file" / "data")


def test_odd_characters_in_the_folder_name_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "100% ?mode=ro #1 \u00fc"
    with open_store(folder) as store:
        store.insert_inferences([make_inference()])
    assert (folder / "understudy.db").exists()


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    database = Database(tmp_path, read_only=False)
    with database.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    database.close()


def test_a_full_disk_is_named_and_passes(tmp_path: Path) -> None:
    database = Database(tmp_path, read_only=False)
    store = Store(database)
    big = make_inference(completion=make_completion(answer="x" * 400_000))
    with database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        # SQLite's own limit gives the very error of a full disk.
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))

    with pytest.raises(StoreError, match=r"disk .* is full; free space"):
        store.insert_inferences([big])
    with database.begin() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))

    assert store.insert_inferences([big]) == 1
    store.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.find_inferences()


def test_a_store_that_is_made_is_its_owners_alone_and_one_that_was_there_keeps_its_rights(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path / "made") as store:
        store.insert_inferences([make_inference()])
        made = {
            path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "made").glob("*.db*")
        }
    assert made == dict.fromkeys(("understudy.db", "understudy.db-wal", "understudy.db-shm"), 0o600)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700

    (tmp_path / "made").chmod(0o750)
    (tmp_path / "made" / "understudy.db").chmod(0o640)
    with open_store(tmp_path / "made"):
        pass
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "made" / "understudy.db").stat().st_mode & 0o777 == 0o640
