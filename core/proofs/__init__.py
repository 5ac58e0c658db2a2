"""Zero-knowledge eligibility proofs: whether a claim about a citizen is true, and nothing more."""
