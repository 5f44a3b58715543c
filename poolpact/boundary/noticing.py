"""What is noticed about an orchestrator at the end of a scenario, whatever it answered."""

from poolpact.account import Exchange
from poolpact.boundary.boundary import Boundary
from poolpact.notices.finding import notices_of
from poolpact.notices.notice import Notice
from poolpact.world import World


def noticed(world: World) -> tuple[Notice, ...]:
    """What the orchestrators of the scenario did wrong, as its pool managers and bystanders heard it."""
    boundary = world.of(Boundary)
    return notices_of(boundary.heard, boundary.facts)


def heard_from_subjects(world: World) -> tuple[Exchange, ...]:
    """What the orchestrators of the scenario asked, oldest first."""
    return world.of(Boundary).heard.exchanges
