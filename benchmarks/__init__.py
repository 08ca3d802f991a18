"""Benchmarks: ``make bench`` runs them all, ``make bench BENCH=start`` one. Results land in ``benchmarks/results``."""
