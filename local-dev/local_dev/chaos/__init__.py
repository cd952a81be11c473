"""Do acknowledged readings survive whatever happens? `local-dev/chaos`; the order is in `run`."""
