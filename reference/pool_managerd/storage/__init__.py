"""What pool_managerd keeps on the disk: everything lies inside one run directory."""
