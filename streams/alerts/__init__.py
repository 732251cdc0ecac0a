"""Alerts on the real-time figures: rules as data, thresholds that must hold for their time."""
