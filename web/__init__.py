"""Table views and the control room."""
