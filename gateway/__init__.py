"""The HTTP API in front of the shop: who may ask what, how often, in which form.

It turns requests into commands on Kafka and reads rows from the workers' table views. It decides
nothing about the business: that is for `streams/`.
"""
