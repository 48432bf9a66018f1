"""Features, the classifier, its evaluation, and saved models; the only place with scikit-learn.

Importing this package or `evaluation` loads no scikit-learn; `features`, `model` and `saved` do.
"""
