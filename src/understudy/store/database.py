"""One SQLite file behind one serialised connection, migrated on opening.

Refuses a schema newer than this code, a second writer, a file that is no database; says what to do
when the disk is full. SQLite before 3.51.3 can corrupt a WAL that two connections checkpoint
(sqlite.org/wal.html, section 11), so this process has one connection and readers elsewhere open the
file read-only, which never checkpoints.
"""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from understudy.errors import StoreError
from understudy.store.lock import WriterLock

FILE = "understudy.db"
# Prompts and answers are nobody else's on this machine.
FOLDER_MODE, FILE_MODE = 0o700, 0o600
BUSY_TIMEOUT_MS = 5000
FULL = "database or disk is full"
SENTENCES = {
    "disk I/O error": "cannot be written ({reason}); look at the disk that holds it (free space, "
    "quota, permissions) and try again: what was stored before is kept",
    "unable to open": "cannot be opened ({reason}): its folder has to be writable, to read it too; "
    "mend the rights or the mount, or read a copy elsewhere",
    "locked": "is locked by another program; close it and try again",
    "malformed": "is damaged ({reason}); restore a backup or choose another data_dir",
    "not a database": "is damaged ({reason}); restore a backup or choose another data_dir",
}


class Database:
    """The connection, its lock and the writer lock; `begin` is the only way in."""

    def __init__(self, data_dir: Path, *, read_only: bool) -> None:
        self.path = data_dir / FILE
        self._guard = threading.RLock()
        self._engine: Engine | None = None
        self._lock = None if read_only else _lock_folder(data_dir)
        if read_only and not self.path.exists():
            raise StoreError(
                f"no store in {data_dir}; start `understudy serve` or name its data_dir"
            )
        try:
            self._engine = _connect(self.path, read_only=read_only)
            with self.begin() as connection:
                _check_version(connection, self.path, read_only=read_only)
            if not read_only:
                self._migrate()
        except BaseException:
            self.close()
            raise

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction; the lock makes threads take turns. Raises StoreError."""
        with self._guard:
            engine = self._engine
            if engine is None:
                raise StoreError(f"{self.path} was closed; open the store again")
            try:
                with engine.begin() as connection:
                    yield connection
            except DBAPIError as error:
                raise _explain(error, self.path) from error
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise _full(self.path) from error

    def close(self) -> None:
        with self._guard:
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.dispose()
            if self._lock is not None:
                self._lock.release()

    def _migrate(self) -> None:
        with self.begin() as connection:
            settings = _alembic()
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")


def _lock_folder(data_dir: Path) -> WriterLock:
    try:
        data_dir.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        # SQLite gives its log the rights of its file. What is there already keeps its own.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(data_dir / FILE, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))
        return WriterLock(data_dir)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(data_dir) from error
        raise StoreError(
            f"{data_dir} cannot hold the store ({error.strerror}); choose another data_dir"
        ) from error


def _connect(path: Path, *, read_only: bool) -> Engine:
    query = {"mode": "ro" if read_only else "rwc", "uri": "true"}
    if read_only and _never_changes(path):
        query["immutable"] = "1"
    address = f"file:{quote(str(path.resolve()))}"
    engine = create_engine(
        URL.create("sqlite", database=address, query=query),
        poolclass=StaticPool,
        # isolation_level=None: SQLAlchemy's BEGIN below is the only one, so DDL rolls back too.
        connect_args={"check_same_thread": False, "isolation_level": None},
        hide_parameters=True,  # an error message must not carry a user's text
    )
    event.listen(engine, "connect", _set_read_pragmas if read_only else _set_write_pragmas)
    start = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(start))
    return engine


def _never_changes(path: Path) -> bool:
    """A backup on a read-only mount: there SQLite could not make the index of its log, which even a
    reader needs. One with a log is no such backup: it would be read without what the log holds."""
    log = path.with_name(f"{path.name}-wal")
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY) and not (
        log.exists() and log.stat().st_size
    )


def _set_read_pragmas(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only = ON")


def _set_write_pragmas(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    # FULL, not NORMAL: a spool segment is removed once its commit returned.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _alembic() -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.set_main_option("path_separator", "os")
    return settings


def _check_version(connection: Connection, path: Path, *, read_only: bool) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_alembic())
    head = scripts.get_current_head()
    if found == head:
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"{path} has schema {found}, newer than this version's {head}; "
            "install the Understudy that wrote it, or choose another data_dir"
        )
    if read_only:
        raise StoreError(
            f"{path} has schema {found}, older than {head}; start `understudy serve` once to upgrade"
        )


def _full(path: Path) -> StoreError:
    return StoreError(
        f"the disk that holds {path} is full; free space and it goes on by itself, "
        "or move data_dir to a larger disk"
    )


def _explain(error: DBAPIError, path: Path) -> StoreError:
    reason = str(error.orig)
    if FULL in reason:
        return _full(path)
    if isinstance(error, IntegrityError):
        return StoreError(f"{path} refused a record ({reason}); insert what it refers to first")
    found = (sentence for words, sentence in SENTENCES.items() if words in reason)
    sentence = next(found, "cannot be used ({reason}); see `understudy doctor`")
    return StoreError(f"{path} {sentence.format(reason=reason)}")
