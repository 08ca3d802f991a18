"""The action server: what Rasa calls to do the work. Thin: each action calls rapport/ and knowledge/."""
