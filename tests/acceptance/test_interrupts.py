"""Ctrl-C ends a command at any moment, with one word and without a traceback."""

import subprocess
import sys

from cli_rig import Done, Shell, environment

TIMEOUT_S = 120
SENT_WHILE_IMPORTING = """
import signal, sys
class Sender:
    def find_spec(self, name, path, target=None):
        if name == "understudy.cli.app":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Sender())
from understudy.cli import app
"""
SWALLOWED = """
import signal
from commandcenter.application import APPLICATION
class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
Dying()
"""
"""What a finalizer raises is thrown away, and so is what an import's own bookkeeping raises."""


def run_in(shell: Shell, *arguments: str) -> Done:
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=shell.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Done(ended.returncode, ended.stdout, ended.stderr)


def test_an_interrupt_while_python_reads_the_modules_is_no_traceback(shell: Shell) -> None:
    assert run_in(shell, "-c", SENT_WHILE_IMPORTING) == Done(130, "", "stopped\n")


def test_an_interrupt_that_python_throws_away_still_ends_the_server(shell: Shell) -> None:
    shell.write("swallowing.py", SWALLOWED)
    shell.settings(application="swallowing:APPLICATION")
    path = "import sys; sys.path.insert(0, '.'); sys.argv[1:] = ['--config', 'understudy.toml', 'serve']"
    done = run_in(shell, "-c", f"{path}; from understudy.cli import app; app()")
    assert done.code in (0, 130), (done.out, done.err)
    assert "Traceback" not in done.err
