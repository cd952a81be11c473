"""The system on one machine, from the files that a cluster gets."""
