"""Virtual time: the loop, the clock and the spawner of embedded mode."""
