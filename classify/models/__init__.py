"""The bodies of the networks, one module each, with one function of one signature.

``features(pictures, settings)`` takes grey pictures, ``float32``, 0 to 255, shape (batch, height,
width, 1), and returns features for the head, shape (batch, features). Height and width are known
when it is called; shapes in comments are for a picture of 256 x 124. Each body scales its input
itself, and uses only layers of Keras, so that a saved network loads anywhere.
"""
