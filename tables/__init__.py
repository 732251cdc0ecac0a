"""Every table as data: row type, key, window, retention."""
