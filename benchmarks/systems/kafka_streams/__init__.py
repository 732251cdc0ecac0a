"""Kafka Streams 4.1, from the Java sources beside this file."""
