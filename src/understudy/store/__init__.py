"""Tables, migrations and artifacts; the only code that speaks SQL."""

from understudy.store.artifacts import save_artifact
from understudy.store.erasing import Belongings
from understudy.store.lock import check_unused
from understudy.store.store import Store, has_store, open_store

__all__ = ["Belongings", "Store", "check_unused", "has_store", "open_store", "save_artifact"]
