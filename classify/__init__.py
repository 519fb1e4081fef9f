"""Pictures to scores: a Keras network learns two classes of grey pictures."""
