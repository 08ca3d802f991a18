"""Our NLU components, run by Rasa in its own environment; they hold no model of their own, ``nlp_models`` does.

Named in config.yml as ``assistant.components.<module>.<Class>``, in this order: ``language.LanguageComponent``,
``encoder.EncoderComponent``, ``intent.IntentComponent``, ``sentiment.SentimentComponent``, ``entity.EntityComponent``.
Importing this package also makes Rasa's check of action results fast (see ``action_schema``).
"""

from assistant.components import action_schema

action_schema.install()
