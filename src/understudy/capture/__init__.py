"""From a served request to the store: spool, recorder, redaction, importers. Fails open.

An application captures its own calls with these two, without a gateway in between.
"""

from understudy.capture.hook import Hook, instrument
from understudy.capture.outlet import record

__all__ = ["Hook", "instrument", "record"]
