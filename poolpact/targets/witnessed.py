"""A pool manager behind a line, whose answers are seen before anything can happen to them on their way."""

from poolpact.contract import Witness
from poolpact.faults.proxy import Upstream
from poolpact.faults.wire import Reply, Request


def overheard(upstream: Upstream, witness: Witness) -> Upstream:
    """``upstream``, with ``witness`` overhearing what it answers."""

    async def ask(request: Request) -> Reply:
        reply = await upstream(request)
        witness.overhear(request.method, request.target, reply.status, reply.headers, reply.body)
        return reply

    return ask
