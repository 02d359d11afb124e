"""What the demonstration has the command line do, exactly as a user would."""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from commandcenter.demo.run import DemoPlan

COMPARED_PROMPTS = 24
_ALIKE = ("n", "similarity", "agreement", "same_text")
_VALID = ("answered", "failed", "json_valid", "schema_valid")


def measure_real_questions(plan: "DemoPlan", release: int, console: Console) -> dict[str, Any]:
    """`understudy evaluate`'s JSON, or `{"n": 0, "reason": …}` where there is no file of questions."""
    questions = plan.questions
    if questions is None or not questions.exists():
        reason = f"no file of real questions at {questions}; name one with --questions"
        console.print(f"  {reason}")
        return {"n": 0, "reason": reason}
    target = plan.folder / "real_questions.json"
    options = ["--questions", str(questions), "--json", str(target), "--release", str(release)]
    reason = _run(plan, ["evaluate", *options], console)
    if reason:
        return {"n": 0, "reason": reason}
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return {"n": found["teacher"]["n"], **found}


def compare_with_untrained(
    plan: "DemoPlan", function: str, release: int, console: Console
) -> dict[str, Any]:
    """What `understudy compare` says of the student before and after it saw the teacher's answers,
    or `{"reason": …}`."""
    target = plan.folder / "comparison"
    names = {"before": f"before@{release}", "after": f"student@{release}"}
    options = ["--variants", ",".join(["teacher", *names.values()]), "--output", str(target)]
    # An answer that never ends would not end the second time either.
    options += ["--function", function, "--batch", str(COMPARED_PROMPTS), "--retries", "0"]
    reason = _run(plan, ["compare", *options], console)
    if reason:
        return {"reason": reason}
    report = json.loads((target / "report.json").read_text(encoding="utf-8"))
    standings = {when: _standing(report, name) for when, name in names.items()}
    return standings | {"gained": _gained(report["prompts"], names["before"], names["after"])}


def _standing(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    against, variant = report["against"][name], report["variants"][name]
    words = [one["words"] for one in against["differences"] if one["words"]]
    return {
        **{measure: against[measure] for measure in _ALIKE},
        **{measure: variant.get(measure) for measure in _VALID},
        "differences": words,
    }


def _gained(prompts: Sequence[Mapping[str, Any]], before: str, after: str) -> dict[str, Any]:
    """Mean gain over the same prompts. Who says nothing agrees with nobody; only of two answers can
    be said which one is more similar."""
    compared = [one["against"] for one in prompts if "teacher" in one["replies"]]
    agreement = [_of(one, after, "agreement") - _of(one, before, "agreement") for one in compared]
    both = [one for one in compared if before in one and after in one]
    similarity = [one[after]["similarity"] - one[before]["similarity"] for one in both]
    return {
        "n": len(compared),
        "agreement": statistics.fmean(agreement) if agreement else None,
        "n_similarity": len(both),
        "similarity": statistics.fmean(similarity) if similarity else None,
    }


def _of(against: Mapping[str, Any], name: str, measure: str) -> float:
    return float(against.get(name, {}).get(measure) or 0.0)


def _run(plan: "DemoPlan", arguments: list[str], console: Console) -> str:
    """Print what the command prints; why it failed, or nothing."""
    # The demonstration's own data, wherever the file of settings has the application's.
    command = ["env", f"UNDERSTUDY_DATA_DIR={plan.config.data_dir}"]
    command += [sys.executable, "-m", "understudy.cli"]
    command += [] if plan.config_path is None else ["--config", str(plan.config_path)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()[-500:] or f"exit {done.returncode}, no word"
        console.print(f"  [red]{arguments[0]} failed[/]: {escape(reason)}")
        return reason
    console.print(done.stdout.rstrip())
    return ""
