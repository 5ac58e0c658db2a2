"""What the console does: plain synchronous Python, no Qt."""
