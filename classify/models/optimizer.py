"""Loss and optimiser of a training: AdamW with warm-up, cosine decay and an average of weights."""

import keras
from keras import ops

from classify.settings import Settings


def prepare(model: keras.Model, settings: Settings, steps_per_epoch: int) -> None:
    """Compile a network for training.

    The step size follows half a cosine to 0. With a constant one the validation loss jumps from
    epoch to epoch until the end.

    Parameters
    ----------
    model : keras.Model
    settings : Settings
    steps_per_epoch : int
        Batches in an epoch.
    """
    warmup = int(settings.warmup * steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        settings.epochs * steps_per_epoch - warmup,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    # In epochs, not as a momentum: with few pictures, a training would end before the average has
    # forgotten the initial weights.
    ema_steps = settings.ema * steps_per_epoch
    optimiser = keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        use_ema=ema_steps > 1,
        ema_momentum=1 - 1 / ema_steps if ema_steps > 1 else None,
    )
    losses = {
        "sigmoid": keras.losses.BinaryCrossentropy,
        "softmax": keras.losses.CategoricalCrossentropy,
    }
    model.compile(optimiser, losses[settings.head](), metrics=[accuracy])
    # Keras makes these variables in the first step, and then traces the step twice.
    optimiser.build(model.trainable_variables)
    answer = ops.zeros((1, model.output_shape[-1]))
    model.compute_metrics(None, answer, answer)
    model.reset_metrics()


@keras.saving.register_keras_serializable("spoofsight")
def accuracy(targets, outputs):
    """Accuracy of each picture at a threshold of 0.5.

    Parameters
    ----------
    targets, outputs : tensor, shape=(n, 1 or 2)
        P(positive class) in the last column. A mixup counts as the class of the larger share.

    Returns
    -------
    correct : tensor, shape=(n,)
        0 or 1.
    """
    targets = ops.cast(targets, outputs.dtype)
    return ops.cast(ops.equal(targets[:, -1] > 0.5, outputs[:, -1] > 0.5), "float32")


@keras.saving.register_keras_serializable("spoofsight")
class PerHeadLoss(keras.regularizers.Regularizer):
    """Regulariser that makes the loss of a mean of logits the mean of the losses of each logit.

    With the loss of the mean alone, the head that is right first leaves no error for the others to
    learn from. With cross-entropy, the difference of both losses does not depend on the targets:
    it is the mean of log-sum-exp over the heads minus log-sum-exp of their mean. The difference is
    not weighted by picture.

    References
    ----------
    Pezeshki et al., "Gradient starvation: a learning proclivity in neural networks", NeurIPS 2021.
    """

    def __call__(self, logits):
        """Compute the difference of the losses.

        Parameters
        ----------
        logits : tensor, shape=(n, heads, 1 or 2)
            Logits of the positive class, or of both classes.

        Returns
        -------
        difference : tensor, shape=()
            In nats, 0 or above; a sum over n, which Keras divides by n.
        """
        per_head, of_mean = _log_sum_exp(logits), _log_sum_exp(ops.mean(logits, axis=1))
        return ops.sum(ops.mean(per_head, axis=1) - of_mean)

    def get_config(self) -> dict:
        """Return no arguments, since there are none."""
        return {}


def _log_sum_exp(logits):
    """Log-sum-exp over the classes; a single logit stands beside a 0 for the negative class."""
    single = logits.shape[-1] == 1
    return ops.softplus(logits[..., 0]) if single else ops.logsumexp(logits, axis=-1)
