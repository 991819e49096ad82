"""The classifier itself, apart from Rasa: features, a linear model for each kind of feature, calibrated probabilities."""
