"""What an orchestrator did wrong, even where its answers were right: found in what its pool manager heard of it."""
