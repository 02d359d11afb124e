"""Where an interrupted run goes on from."""

from pathlib import Path

from understudy.errors import TrainingError
from understudy.learn.job import Job


def find_checkpoint(job: Job) -> Path | None:
    """The checkpoint to go on from; a half-written one has no trainer_state.json yet."""
    resume = job.config.sft.resume
    if resume == "never":
        return None
    if resume != "auto":
        chosen = Path(resume)
        if not (chosen / "trainer_state.json").is_file():
            raise TrainingError(
                f"sft.resume = {resume!r} is no checkpoint; give a checkpoint-N folder, "
                "`auto` or `never`"
            )
        return chosen
    whole = job.folder.glob("checkpoint-*/trainer_state.json")
    return max(
        (state.parent for state in whole),
        key=lambda folder: int(folder.name.removeprefix("checkpoint-")),
        default=None,
    )
