"""The demonstration as a whole, with a student that had no time to learn: the gate must hold it."""

import json
from pathlib import Path

import pytest
import tomlkit
from rich.console import Console

from commandcenter.catalog import CATALOG
from commandcenter.demo.run import MARK, DemoPlan, perform
from understudy.config import load_config
from understudy.errors import InputError, StoreError, TrainingError
from understudy.store import open_store

REQUESTS = 40
HURRIED = {
    "student": {"layers": 1, "vocab_size": 512, "max_new_tokens": 64},
    "sft": {"bootstrap_epochs": 0.0, "epochs": 0.1, "min_free_memory_gb": 0.5},
    "evaluation": {"questions": 50},
    "trainer": {"bootstrap_traces": 0},
}


def hurried_plan(folder: Path) -> DemoPlan:
    """The reference configuration with next to no training, and a question file of one line."""
    settings = tomlkit.parse(Path("understudy.toml").read_text()).unwrap()
    for section, values in HURRIED.items():
        settings[section] = settings.get(section, {}) | values
    file = folder / "hurried.toml"
    file.write_text(tomlkit.dumps(settings))
    questions = folder / "questions.jsonl"
    asked = {"id": "q1", "question": "How is pump 1?", "expected_scenarios": ["kpi"]}
    questions.write_text(json.dumps(asked) + "\n")
    return DemoPlan(
        load_config(file, {}).config,
        file,
        folder / "demo",
        questions,
        requests=REQUESTS,
        spoken_share=0.2,
    )


@pytest.mark.slow
def test_a_demonstration_that_is_held_still_reports_what_it_measured(tmp_path: Path) -> None:
    plan = hurried_plan(tmp_path)
    with pytest.raises(TrainingError, match=r"the gate held student@1 .*report\.html shows"):
        perform(plan, Console(quiet=True))
    report = json.loads((plan.folder / "report.json").read_text())
    assert report["spoken"] > 0
    assert report["asked"] == REQUESTS + report["spoken"]
    assert (report["captured"], report["lost"], report["failed"]) == (report["asked"], 0, 0)
    assert not report["gate"]["promote"]
    assert report["student"]["release"] == "student@1"
    assert set(report["quantisation"]) >= {"agreement", "plan_exact"}
    assert report["real_questions"]["student"]["n"] == 1
    assert report["timeline"][-1]["event"] == "rejected"
    assert all(event["student_share"] == 0 for event in report["timeline"])
    assert report["tier1"]["off"] == ""
    assert report["tier1"]["fits"][-1]["in_all"] > 0
    assert {entry["key"] for entry in report["tier1"]["ranker"]["entries"]} <= set(CATALOG)
    assert report["prompts"]["off"] == ""
    assert "select_widgets" in report["prompts"]["functions"]
    assert set(report["training"]["after"]) == set(report["training"]["before"])
    assert report["training"]["gained"]["n"] == 24
    assert report["training"]["before"]["failed"] + report["training"]["before"]["answered"] == 24
    assert (plan.folder / "data" / "understudy.db").exists()
    page = (plan.folder / "report.html").read_text()
    assert "was held by the gate, and the teacher serves on" in page


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    plan = hurried_plan(tmp_path)
    plan.folder.mkdir()
    (plan.folder / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        perform(plan, Console(quiet=True))
    assert (plan.folder / "thesis.txt").read_text() == "years of work"


def test_a_demonstration_leaves_the_data_of_a_running_server_alone(tmp_path: Path) -> None:
    plan = hurried_plan(tmp_path)
    with open_store(plan.folder / "data"):
        (plan.folder / MARK).touch()
        with pytest.raises(StoreError, match="is in use by process"):
            perform(plan, Console(quiet=True))
        assert (plan.folder / "data" / "understudy.db").exists()
