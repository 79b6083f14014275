"""Middleware as Starlette's documentation has it: a list of them, one of the project's own."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


class CustomHeaderMiddleware(BaseHTTPMiddleware):
    def __init__(self, app, header_value: str = "Example") -> None:
        super().__init__(app)
        self.header_value = header_value

    async def dispatch(self, request: Request, call_next) -> Response:
        if request.url.path == "/forbidden":
            return PlainTextResponse("not you", status_code=403)
        response = await call_next(request)
        response.headers["Custom"] = self.header_value
        return response


async def homepage(request: Request) -> PlainTextResponse:
    return PlainTextResponse("Hello, world! " * 100)


app = Starlette(
    routes=[Route("/home", homepage)],
    middleware=[
        Middleware(GZipMiddleware, minimum_size=1000),
        Middleware(CustomHeaderMiddleware, header_value="Customized"),
    ],
)
