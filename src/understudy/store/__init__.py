"""Tables, migrations and artifacts; the only code that speaks SQL."""

from understudy.store.artifacts import save_artifact
from understudy.store.store import Store, open_store

__all__ = ["Store", "open_store", "save_artifact"]
