"""Composes a running server: store, capture, gateway and background trainer in one process."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from understudy.capture.replay import Replayer
from understudy.cli import steer
from understudy.cli.compose import Session, teacher_running
from understudy.cli.remote import ADDRESS_FILE, remove_address, save_address
from understudy.config import Config
from understudy.daemon.context import Context, Progress, configured_teacher
from understudy.daemon.prompts import PromptLearner
from understudy.daemon.tier1 import Tier1Learner
from understudy.daemon.trainer import Trainer
from understudy.evaluate.judging import Judging
from understudy.function import check_functions
from understudy.keys import EVERY_SCOPE, FIRST_KEYS, ApiKey, load_secret, make_key
from understudy.learn.prompts.evolver import Evolver
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.rankers import Rankers
from understudy.redaction.process import RedactionProcess
from understudy.serve.app import build_app
from understudy.serve.logs import logging_to
from understudy.serve.server import run
from understudy.serve.state import Actions, build_state
from understudy.store import Store, open_store

logger = logging.getLogger(__name__)


def run_server(
    session: Session,
    port: int | None,
    show_key: Callable[[str, ApiKey], None],
    ready: Callable[[str], None],
) -> None:
    """Serve until a signal; keys made on the first start are shown once.

    Raises StoreError, ServerError or ConfigError before it listens.
    """
    config = session.config
    if port is not None:
        server = config.server.model_copy(update={"port": port})
        config = config.model_copy(update={"server": server})
    # Before a key is made, which is shown but once.
    check_functions(session.application, config)
    with (
        logging_to(config.log, sys.stderr),
        teacher_running(session, config) as config,
        open_store(config.data_dir) as store,
        RedactionProcess(config.capture) as redaction,
    ):
        make_first_keys(store, config, show_key)
        context = build_context(session, config)
        functions = session.application.functions
        rankers = Rankers(
            config, functions, partial(build_embedder, config.embedding, config.data_dir)
        )
        tier1 = Tier1Learner(store, config, rankers, context.clock)
        evolver = Evolver(config, functions, context.clock)
        prompts = PromptLearner(store, session.application, config, evolver, context.clock)
        trainer = Trainer(store, session.application, config, context, tier1)
        replayer = Replayer(store, functions, config, context.clock)
        state = build_state(
            config, session.resolved.hash, session.application, store, elsewhere=redaction.redact
        )
        state.rankers = rankers
        state.evolver = evolver
        judging = Judging(store, functions, config, context.clock, state.recorder.keep_confident)
        state.actions = replace(
            _actions(store, config, trainer, replayer, judging),
            prompt_status=prompts.status,
            roll_back_prompt=evolver.roll_back,
        )
        trainer.start()
        replayer.start()
        judging.start()
        prompts.start()

        # For this machine's own commands; it is not stored and ends with the process.
        text, key = make_key(state.keys.secret, "commands", EVERY_SCOPE, time.time())
        state.keys.add(key)

        def announce(url: str) -> None:
            _announce(config, url, text)
            ready(url)

        try:
            run(build_app(state), config.server, announce)
        finally:
            remove_address(config.data_dir)
            judging.stop()
            replayer.stop()
            prompts.stop()
            trainer.stop()


def _announce(config: Config, url: str, key: str) -> None:
    """A full disk must not keep the gateway down: it answers, and capture waits for room."""
    try:
        save_address(config.data_dir, url, key, os.getpid())
    except OSError as error:
        logger.warning(
            "%s cannot be written (%s): other commands do not find this server; free space and "
            "start it again",
            config.data_dir / ADDRESS_FILE,
            error.strerror,
        )


def make_first_keys(store: Store, config: Config, show_key: Callable[[str, ApiKey], None]) -> None:
    """A store that has never had a key is given the first ones."""
    if store.find_keys() or not config.server.require_key:
        return
    secret = load_secret(config.data_dir)
    for name, scopes in FIRST_KEYS.items():
        text, key = make_key(secret, name, scopes, time.time())
        store.insert_key(key)
        show_key(text, key)


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


def _actions(
    store: Store, config: Config, trainer: Trainer, replayer: Replayer, judging: Judging
) -> Actions:
    return replace(
        Actions(),
        train=trainer.train_now,
        promote=partial(steer.promote, store, config),
        rollback=partial(steer.roll_back, store),
        trainer_status=trainer.status,
        replay_status=replayer.status,
        judge_status=judging.status,
    )
