"""What the operators of a vault agree on: its settings, changed under permission and dual control."""
