"""Dual control: requests, signed approvals, and their single use."""
