"""The reference's orchestrator with one deliberate defect each.

``python -m tests.mutants.orchestrator NAME`` serves one, as ``orchestratord`` would; those that are judged with everything in
process run by ``python -m tests.mutants.orchestrator.embedded NAME [arguments of behave]``.
"""
