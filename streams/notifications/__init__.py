"""Notifications: whom to tell what, where and when, and what became of it."""
