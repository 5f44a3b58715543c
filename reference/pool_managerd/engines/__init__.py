"""Engine processes: the ports the manager speaks to, and the real implementation behind them."""
