"""``poolpact stub``: a pool manager for whoever develops an orchestrator, which behaves as told and spawns nothing."""
