"""Child process: llama.cpp's HTTP server on a free loopback port, until its standard input closes.

Prints one line, its URL, once the model is loaded. A GGUF that llama.cpp rejects, or that crashes
it, ends this process alone.
"""

import os
import sys
from pathlib import Path

import orjson
import xllamacpp


def main(settings_json: str) -> None:
    # llama.cpp may print; the pipe to the parent is for the URL alone.
    to_parent = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = orjson.loads(settings_json)
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(settings["gguf"]))
    params.model_alias = {settings["name"]}
    params.port = 0
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["context_tokens"] * settings["slots"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    # The text as it was written: the caller splits thinking off, as in training.
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.force_pure_content_parser = True
    params.ui = False
    # Neither shrink the context nor keep prompts beyond the slots: memory stays what was configured.
    params.fit_params = False
    params.cache_ram_mib = 0
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        # Why is in the lines that llama.cpp has just logged; a traceback would push them away.
        sys.exit(str(error))
    os.write(to_parent, f"{server.listening_address}\n".encode())
    os.close(to_parent)
    # The parent holds the other end and closes it by stopping us or by dying.
    sys.stdin.read()
    # At once: stopping llama.cpp's threads one by one was seen to hang, and left the child behind.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
