"""The command line: composes the parts, prints, and turns every known error into one sentence."""

import sys

try:
    from understudy.cli.app import app
except KeyboardInterrupt:
    # A short command spends most of its time here, before there is a boundary to catch anything.
    print("stopped", file=sys.stderr)
    sys.exit(130)

__all__ = ["app"]
