"""Setting up a vault: the plan, the steps, and undoing all of them when one fails."""
