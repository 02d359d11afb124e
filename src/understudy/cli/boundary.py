"""What holds of every command: known errors become one sentence on stderr, and what is written is its
owner's alone.
"""

import errno
import os
import sys
from typing import Any

import typer
from rich.text import Text

from understudy.cli.terminal import Terminal
from understudy.errors import UnderstudyError

FAILED = 1
STOPPED = 130
# Prompts and answers are nobody else's on this machine, in whatever folder they are written.
OWNER_ALONE = 0o077
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
BARRED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})
complaints = Terminal(stderr=True, soft_wrap=True, highlight=False)


class Commands(typer.core.TyperGroup):
    """The boundary: one sentence for what an operator can mend, a traceback for what is ours."""

    def invoke(self, ctx: Any) -> Any:
        before = os.umask(OWNER_ALONE)
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


def complain(sentence: str) -> None:
    complaints.print(Text("error:", "red"), sentence)


def _explain(error: OSError) -> str:
    """What an operator can mend about the disk; empty for everything else."""
    if error.errno in FULL:
        return f"no room to write {error.filename or 'a file'} ({error.strerror}); free space"
    if error.errno in BARRED and error.filename:
        return f"{error.filename} cannot be used ({error.strerror}); mend the path or its rights"
    return ""
