"""The jobs: what lies in the topics, and what must come of it. No system is named here."""
