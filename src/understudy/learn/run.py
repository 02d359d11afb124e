"""Child process that runs one training job: `python -m understudy.learn.run FOLDER`.

Prints one sentence and exits with 1 when the job cannot be done.
"""

import sys
from pathlib import Path

from understudy.errors import UnderstudyError
from understudy.learn.job import load_job
from understudy.learn.sft import train


def main(folder: str) -> int:
    try:
        train(load_job(Path(folder)))
    except UnderstudyError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
