"""What people see: asks core, decides nothing."""
