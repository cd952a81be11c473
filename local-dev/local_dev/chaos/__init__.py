"""Faults against a whole system of its own, and an account of every acknowledged reading."""
