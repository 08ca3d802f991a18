"""The Rasa project. Only ``assistant.components`` is Python."""
