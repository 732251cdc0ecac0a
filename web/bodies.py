"""Bodies of requests, never larger than allowed."""

from aiohttp import web


class BodyTooLarge(Exception):
    """A body is larger than its route takes. Caller: send less."""


async def body_of(request: web.Request, bytes_max: int) -> bytes:
    """Read a request's body.

    Raises:
        BodyTooLarge: it is larger; no more than `bytes_max` and one part of it were read.
    """
    body = bytearray()
    async for part in request.content.iter_chunked(bytes_max):
        body += part
        if len(body) > bytes_max:
            raise BodyTooLarge(f"at most {bytes_max} bytes")
    return bytes(body)
