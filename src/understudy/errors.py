"""One class per thing an operator must do; every message is a fact and the next step."""


class UnderstudyError(Exception):
    """Base of every error this package raises on purpose; the CLI prints it as one sentence."""


class ConfigError(UnderstudyError):
    """Mend the configuration file or the environment variable that the message names."""


class InputError(UnderstudyError):
    """Mend the file or the request that the message names; nothing else was lost."""


class NotFoundError(UnderstudyError):
    """Use an id or a name that exists; the message lists the nearest or says how to list them."""


class StoreError(UnderstudyError):
    """Free the store (another process holds it, the disk is full, the schema is newer)."""


class UpstreamError(UnderstudyError):
    """The teacher did not answer: check its address, key, limits; the caller may retry. `status`
    and `retry_after` are what the teacher said, None where it said nothing."""

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class StudentError(UnderstudyError):
    """The student did not give a usable answer; the teacher answers in its place."""


class PermissionRefusedError(UnderstudyError):
    """Record the permission that the message names, or leave the data out."""


class LeakageError(UnderstudyError):
    """Keep the prompts that the message counts out of training: they are measured on."""


class TrainingError(UnderstudyError):
    """A run stopped or refused to start: give it the data, memory or package it names."""


class ExportError(UnderstudyError):
    """The artifact was not made, or is not the one that was pinned: export it again."""


class GateError(UnderstudyError):
    """The release may not take this step in its present state; see its evaluation report."""


class ServerError(UnderstudyError):
    """The server could not start or be reached: free the port, or start it."""
