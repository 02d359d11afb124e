"""Composes a running server: store, capture, gateway and background trainer in one process."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from understudy.capture.replay import Replayer
from understudy.cli import steer
from understudy.cli.compose import Session, teacher_running
from understudy.cli.remote import ADDRESS_FILE, save_address
from understudy.config import Config
from understudy.daemon.context import Context, Progress, configured_teacher
from understudy.daemon.trainer import Trainer
from understudy.serve.app import build_app
from understudy.serve.server import run
from understudy.serve.state import Actions, build_state
from understudy.store import Store, open_store


def run_server(session: Session, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve until a signal. Raises StoreError, ServerError or ConfigError before it listens."""
    config = session.config
    if port is not None:
        server = config.server.model_copy(update={"port": port})
        config = config.model_copy(update={"server": server})
    with (
        teacher_running(session, config) as config,
        open_store(config.data_dir) as store,
    ):
        context = build_context(session, config)
        trainer = Trainer(store, session.application, config, context)
        replayer = Replayer(store, session.application.functions, config, context.clock)
        state = build_state(config, session.resolved.hash, session.application, store)
        state.actions = _actions(store, config, trainer, replayer)
        trainer.start()
        replayer.start()

        def announce(url: str) -> None:
            save_address(config.data_dir, url, os.getpid())
            ready(url)

        try:
            run(build_app(state), config.server, announce)
        finally:
            (config.data_dir / ADDRESS_FILE).unlink(missing_ok=True)
            replayer.stop()
            trainer.stop()


def build_context(
    session: Session, config: Config, on_progress: Callable[[Progress], None] = lambda _: None
) -> Context:
    return Context(
        config_hash=session.resolved.hash,
        ask_teacher=configured_teacher(config.teacher),
        clock=time.time,
        on_progress=on_progress,
        stop=threading.Event(),
    )


def _actions(store: Store, config: Config, trainer: Trainer, replayer: Replayer) -> Actions:
    return replace(
        Actions(),
        train=trainer.train_now,
        promote=partial(steer.promote, store, config),
        rollback=partial(steer.roll_back, store),
        trainer_status=trainer.status,
        replay_status=replayer.status,
    )
