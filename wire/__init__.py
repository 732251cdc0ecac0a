"""How the values of topics are read: the contract's messages, and this application's own."""
