"""A store, a spool and a recorder over one folder."""

from pathlib import Path

from record_builders import APPLICATION

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Capture, Config, Teacher
from understudy.store import Store
from understudy.store.database import Database

# The writer thread sleeps longer than any test: what reaches the disk was put there on purpose.
CAPTURE = Capture(flush_interval_s=3600, traces=True, trace_share=1.0)
CONFIG = Config(capture=CAPTURE, teacher=Teacher(kind="scripted"))


class Rig:
    """A store, a spool and a recorder over one folder."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.database = Database(folder, read_only=False)
        self.store = Store(self.database)
        self.spool = Spool(folder / "spool", config.capture)
        self.recorder = Recorder(config, APPLICATION.functions, self.store, self.spool)

    def segments(self) -> list[Path]:
        return sorted((self.folder / "spool").glob("*.spool"))

    def close(self) -> None:
        self.recorder.close()
        self.store.close()
