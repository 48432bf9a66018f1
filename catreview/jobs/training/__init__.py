"""The classifier: training, measuring, predicting, and what more reviews would bring."""
