"""The command line: the composition root. Its commands import what they need only when they run."""
