"""Runs `understudy evaluate` on a file of real questions, exactly as a user would."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from commandcenter.demo.run import DemoPlan


def measure_real_questions(plan: "DemoPlan", release: int, console: Console) -> dict[str, Any]:
    """The command's JSON, or `{"n": 0, "reason": …}` where there is no file of questions."""
    config, questions = plan.config_path, plan.questions
    if questions is None or not questions.exists():
        reason = f"no file of real questions at {questions}; name one with --questions"
        console.print(f"  {reason}")
        return {"n": 0, "reason": reason}
    target = plan.folder / "real_questions.json"
    command = [sys.executable, "-m", "understudy.cli"]
    command += [] if config is None else ["--config", str(config)]
    command += ["evaluate", "--questions", str(questions), "--json", str(target)]
    command += ["--release", str(release)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()[-500:]
        console.print(f"  [red]evaluate failed[/]: {reason}")
        return {"n": 0, "reason": reason}
    console.print(done.stdout.rstrip())
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return {"n": found["teacher"]["n"], **found}
