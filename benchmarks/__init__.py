"""How fast the vault is beside the limits of the machine and beside others: `python -m benchmarks`."""
