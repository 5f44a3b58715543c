"""The pure domain: states, leases, statuses. No I/O and no clock of its own; time is an argument."""
