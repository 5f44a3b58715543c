"""Path parameters. They arrive as they were on the wire (see :class:`~pool_managerd.api.gate.Gate`) and are decoded here."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Path
from pydantic import AfterValidator

from pool_managerd.domain.prepared import POOL_ID_PATTERN

PoolId = Annotated[str, AfterValidator(unquote), Path(json_schema_extra={"pattern": POOL_ID_PATTERN})]
"""Not yet checked: the manager raises InvalidPoolId (PM-PRELOAD-9)."""

LeaseId = Annotated[str, AfterValidator(unquote), Path()]
