"""An embedding endpoint over HTTP, as OpenAI's and Ollama's answer: the fake of an upstream."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ranker_rig import WordVectors
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from understudy.config import Server
from understudy.serve.server import serving


@dataclass(slots=True)
class Endpoint:
    """`answer` is sent instead of vectors where it is set."""

    url: str = ""
    answer: Response | None = None
    asked: list[tuple[str, list[str]]] = field(default_factory=list)


@contextlib.contextmanager
def embedding_endpoint() -> Iterator[Endpoint]:
    made, vectors = Endpoint(), WordVectors()

    async def embeddings(request: Request) -> Response:
        body = await request.json()
        made.asked.append((request.headers.get("authorization", ""), body["input"]))
        if made.answer is not None:
            return made.answer
        found = vectors.embed(body["input"])
        rows = [{"index": n, "embedding": 3 * row} for n, row in enumerate(found)]
        return JSONResponse(
            {"data": [{**row, "embedding": row["embedding"].tolist()} for row in reversed(rows)]}
        )

    routes = [Route("/v1/embeddings", embeddings, methods=["POST"])]
    with serving(Starlette(routes=routes), Server(port=0)) as url:
        made.url = f"{url}/v1"
        yield made
