"""What stands on the pool-manager side: one target per mode, behind one set of protocols."""
