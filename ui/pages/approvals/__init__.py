"""The page Approvals: what waits for whose signature, exactly what it is, and the decision."""
