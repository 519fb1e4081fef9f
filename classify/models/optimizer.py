"""How a network is optimised: the loss, the steps and how their size goes, the mean of weights."""

import keras
from keras import ops

from classify.settings import Settings


def prepare(model: keras.Model, settings: Settings, steps_per_epoch: int) -> None:
    """Compile a network for training.

    The step size falls to nothing along half a cosine: with a constant one, the validation loss
    jumps between epochs until the end, and the best of them is a matter of luck.

    Parameters
    ----------
    model : keras.Model
    settings : Settings
    steps_per_epoch : int
        Batches that an epoch of the training has.
    """
    warmup = int(settings.warmup * steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        settings.epochs * steps_per_epoch - warmup,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    # Of an epoch, not a momentum of its own: with few pictures, a training would end before the
    # mean has forgotten the weights that it began with.
    reach = settings.ema * steps_per_epoch
    optimiser = keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        use_ema=reach > 1,
        ema_momentum=1 - 1 / reach if reach > 1 else None,
    )
    kinds = {
        "sigmoid": keras.losses.BinaryCrossentropy,
        "softmax": keras.losses.CategoricalCrossentropy,
    }
    model.compile(optimiser, kinds[settings.head](), metrics=[accuracy])


@keras.saving.register_keras_serializable("spoofsight")
def accuracy(targets, outputs):
    """Share of the pictures whose likelier class is the one that was asked for.

    Parameters
    ----------
    targets, outputs : tensor, shape=(n, 1 or 2)
        P(positive class) in the last column. A blend of two classes counts as the larger one.

    Returns
    -------
    right : tensor, shape=(n,)
        0 or 1.
    """
    wanted = ops.cast(targets, outputs.dtype)
    return ops.cast(ops.equal(wanted[:, -1] > 0.5, outputs[:, -1] > 0.5), "float32")


@keras.saving.register_keras_serializable("spoofsight")
class PerHeadLoss(keras.regularizers.Regularizer):
    """Turn the loss of the mean of several logits into the mean of the losses of each.

    With cross-entropy, what the one has over the other does not depend on the targets: the mean of
    log-sum-exp over the logits less log-sum-exp of their mean. Learning by the loss of the mean
    alone, the logit that is right first leaves no error for the others to learn from.

    Where pictures have weights, the difference has none.

    References
    ----------
    Pezeshki et al., "Gradient starvation: a learning proclivity in neural networks", NeurIPS 2021.
    """

    def __call__(self, logits):
        """Find the difference.

        Parameters
        ----------
        logits : tensor, shape=(n, logits, 1 or 2)
            Of the positive class, or of both.

        Returns
        -------
        difference : tensor, shape=()
            In nats, a sum over n, of which Keras makes the mean; 0 or above.
        """
        each, together = _log_sum(logits), _log_sum(ops.mean(logits, axis=1))
        return ops.sum(ops.mean(each, axis=1) - together)

    def get_config(self) -> dict:
        """Nothing is to be set."""
        return {}


def _log_sum(logits):
    """Logarithm of the sum of the exponentials over classes; the logit of the one not told is 0."""
    one = logits.shape[-1] == 1
    return ops.softplus(logits[..., 0]) if one else ops.logsumexp(logits, axis=-1)
