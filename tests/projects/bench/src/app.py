"""An HTTP app of the project's own: a route, one that asks the server, and middleware that marks all answers."""

from src.loopback import milliseconds
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def hello(request: Request) -> JSONResponse:
    return JSONResponse({"hello": request.query_params.get("name", "you")})


async def asks(request: Request) -> JSONResponse:
    return JSONResponse({"milliseconds": await milliseconds()})


class Mark:
    """Adds a header to every answer."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def marked(message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-mark", b"1")]
            await send(message)

        await self.app(scope, receive, marked)


ROUTES = [Route("/hello", hello), Route("/asks", asks)]
app = Starlette(routes=ROUTES)
wrapped = Starlette(routes=ROUTES, middleware=[Middleware(Mark)])
