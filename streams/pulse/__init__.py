"""Real-time figures: records fold into tallies, tallies merge, and figures are read off them.

A tally is what one partition saw of one family of figures in one window. It grows by the module
of its family (`orders`, `payments` and so on), a function a message. Tallies merge exactly, in
any order, so that global figures need no hot key; `figures` says what people read off one.
"""
