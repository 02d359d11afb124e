"""`python -m understudy.cli` is the `understudy` command."""

from understudy.cli.app import app

app(prog_name="understudy")
