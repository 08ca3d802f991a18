"""Doors of the gateway, one module per channel."""
