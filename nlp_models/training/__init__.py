"""The training half: needs scikit-learn, works in both environments, never imported while serving."""
