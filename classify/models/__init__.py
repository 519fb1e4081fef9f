"""The bodies of the networks, one module each, with one function of one signature.

``features(pictures, settings)`` takes grey pictures, ``float32``, 0 to 255, shape (batch, height,
width, 1), and returns what the head judges, shape (batch, features). Height and width are known
when it is called; the shapes beside the tables are those of a picture of 256 x 124. Scaling is
the body's own. What it is made of comes with Keras, so that a saved network loads anywhere.
"""
