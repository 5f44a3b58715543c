"""Everything that can go wrong on the wire, at will: a fault proxy on loopback."""

from poolpact.faults.proxy import FaultProxy, over_http
from poolpact.faults.wire import Reply, Request

__all__ = ["FaultProxy", "Reply", "Request", "over_http"]
