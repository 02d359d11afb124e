"""What holds of every command: known errors become one sentence on stderr, and what is written is its
owner's alone.
"""

import _thread
import errno
import os
import sys
import threading
from typing import Any

import typer
from rich.text import Text

from understudy.cli.terminal import Terminal
from understudy.errors import UnderstudyError

FAILED = 1
STOPPED = 130
RESENT_AFTER_S = 0.05
# Prompts and answers are nobody else's on this machine, in whatever folder they are written.
OWNER_ALONE = 0o077
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
BARRED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})
complaints = Terminal(stderr=True, soft_wrap=True, highlight=False)


class Commands(typer.core.TyperGroup):
    """The boundary: one sentence for what an operator can mend, a traceback for what is ours."""

    def invoke(self, ctx: Any) -> Any:
        before = os.umask(OWNER_ALONE)
        sys.unraisablehook, hook = _resend, sys.unraisablehook
        try:
            return super().invoke(ctx)
        except UnderstudyError as error:
            complain(str(error))
            sys.exit(FAILED)
        except OSError as error:
            sentence = _explain(error)
            if not sentence:
                raise
            complain(sentence)
            sys.exit(FAILED)
        except KeyboardInterrupt:
            complaints.print("stopped")
            sys.exit(STOPPED)
        finally:
            os.umask(before)
            sys.unraisablehook = hook


def complain(sentence: str) -> None:
    complaints.print(Text("error:", "red"), sentence)


def _resend(thrown_away: "sys.UnraisableHookArgs") -> None:
    """Ctrl-C that falls into a finalizer, or into an import's bookkeeping, is no exception to anybody:
    of the interrupts of a server's start one in fifty was lost. It is sent again a moment later."""
    if not issubclass(thrown_away.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(thrown_away)
        return
    again = threading.Timer(RESENT_AFTER_S, _thread.interrupt_main)
    again.daemon = True
    again.start()


def _explain(error: OSError) -> str:
    """What an operator can mend about the disk; empty for everything else."""
    if error.errno in FULL:
        return f"no room to write {error.filename or 'a file'} ({error.strerror}); free space"
    if error.errno in BARRED and error.filename:
        return f"{error.filename} cannot be used ({error.strerror}); mend the path or its rights"
    return ""
