"""The command line: composes the parts, prints, and turns every known error into one sentence."""

from understudy.cli.app import app

__all__ = ["app"]
