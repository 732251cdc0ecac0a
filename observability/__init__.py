"""Prometheus rules and Grafana dashboards as code."""
