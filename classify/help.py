"""Descriptions of the verbs for `--help`, each with a sample of the output."""

TRAIN = """\
Train a network on IMAGES/train and calibrate it on IMAGES/validation; IMAGES/test is not opened.
Any picture dataset will do that has two class folders in each split. An interrupted training goes
on with --resume. With --seeds, the run is an ensemble of networks. With --folds, it is one of
networks that each leave sources out, so that the calibration is of sources not met.

sample of the output, on standard error while it trains and on standard output at the end:
  train: epoch 1 of 24: loss 0.829, accuracy 0.548, val_loss 0.530, val_accuracy 0.692, ...
  ...
  checkpoints/default: kept epoch 24, validation loss 0.240, accuracy 0.904
  validation, 424 recordings: EER 0.069, accuracy 0.932 (0.932 at the EER point), ECE 0.024
"""
EVALUATE = """\
Measure a run on one split: metrics of the pictures and, if IMAGES/manifest.csv names recordings, of
the recordings, with 95 % bootstrap intervals in [ ]. Writes RUN/report with index.html, for any
browser, and metrics.json.

sample of the output:
  test                              pictures              recordings
  real                     419                     230
  fake                     592                     369
  accuracy              0.786 [0.724, 0.847]    0.786 [0.723, 0.859]
  ...
"""
PREDICT = """\
Classify saved spectrogram pictures as real, fake or uncertain. IMAGE is a picture, a folder (all
pictures below it) or a pattern; the output keeps their order. The percentage is the calibrated
probability of the likelier class, for real and fake equally frequent.

sample of the output:
  fake       97.3 %  P(fake) 0.973  datasets/images/test/fake/0001-a8fa08acdd4b-0000.png
"""
SCORE = """\
Metrics of a score file, of any system. Reads score files of ASVspoof 5, 2021 and 2019, "path score"
and CSV, and their keys; the output names the direction. Keys of another layout are understood by
what is in their columns.
Accuracy and the like take the scores as natural-log likelihood ratios, with a threshold of 0.

sample of the output:
  asvspoof5: 400 bona fide, 1600 spoof; higher = more bona fide
  accuracy          0.868 [0.853, 0.882]
  ...
"""
COMPARE = """\
Compare two runs on one split: all metrics, their differences with 95 % intervals (paired
bootstrap), and McNemar's test on the verdicts.

sample of the output:
                           A       B   B - A
  eer                  0.277   0.279  +0.001 [-0.015, +0.032]
  ...
  Neither is surely better by EER: that of checkpoints/b is higher than that of checkpoints/a by ...
"""
AUDIT = """\
Look for shortcuts, which a network learns first: confounders (duration, level, bandwidth, ...) that
alone tell the classes apart, duplicates, and leakage between the splits.

sample of the output:
                                train     validation           test
  ...
  bandwidth               86 (83-89)!    68 (57-79)     71 (65-77)
  ...
  warning: bandwidth (empty rows at the top) alone tells real from fake in 86 % of train ...
"""
STATUS = (
    "exit status: 0 all done; 1 some pictures failed, each named on standard error (of "
    "more than three with one reason, their number), or the report could not be written; "
    "2 the call was wrong or nothing could be done"
)
