"""What a scripted pool manager says: the examples of the pact."""

import copy
from typing import Any

from poolpact.contract.pact import InvalidPact, PactDocument
from poolpact.faults.wire import Reply


class PactAnswers:
    """The answers of a pact, by the description of their interaction."""

    def __init__(self, document: PactDocument) -> None:
        self._document = document

    def body(self, description: str, **members: Any) -> Any:
        """The example of a body, with other values of ``members``; raises InvalidPact for what the example does not have."""
        response = self._document.named(description).raw["response"]
        content = copy.deepcopy(response.get("body", {}).get("content"))
        strange = sorted(members.keys() - (content if isinstance(content, dict) else {}).keys())
        if strange:
            raise InvalidPact(f"{self._document.path}: the answer of {description!r} has no {', '.join(strange)}")
        return {**content, **members} if isinstance(content, dict) else content

    def reply(self, description: str, **members: Any) -> Reply:
        """The whole answer, with other values of ``members`` in its body; raises InvalidPact."""
        response = self._document.named(description).raw["response"]
        headers = {name.lower(): ", ".join(values) for name, values in response.get("headers", {}).items()}
        body = self.body(description, **members)
        if body is None:
            return Reply(response["status"], headers)
        content_type = headers.pop("content-type")
        return Reply.of_json(response["status"], body, content_type, **headers)
