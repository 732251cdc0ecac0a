"""One module an agent: it wires a topic to a stream function, tables and topics."""
