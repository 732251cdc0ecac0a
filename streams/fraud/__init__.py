"""Fraud detection: score payments, decide, review what is doubtful. Figures stand in `rules`."""
