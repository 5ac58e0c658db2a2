"""The page Proofs: ask, see beforehand what it would tell, hand out, look back."""
