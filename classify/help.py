"""What `--help` says of each verb, with a sample of its output."""

TRAIN = """\
Train a network on IMAGES/train, choosing the calibration, and the epoch if asked to, on
IMAGES/validation; IMAGES/test is not opened. Any dataset of two class folders a split will do.
Interrupted, it goes on with --resume. With --seeds, several networks answer together.

sample of the output, on standard error while it trains and on standard output at the end:
  train: epoch 1 of 40: loss 0.829, accuracy 0.548, val_loss 0.530, val_accuracy 0.692, ...
  ...
  checkpoints/default: kept epoch 40, validation loss 0.240, accuracy 0.904
  validation, 424 recordings: EER 0.069, accuracy 0.932 (0.932 at the EER point), ECE 0.024
"""
EVALUATE = """\
Say how good a run is on one split, per picture and, where IMAGES/manifest.csv names recordings,
per recording, and how sure that is: [ ] are 95 % bootstrap intervals. Writes RUN/report:
index.html, which any browser shows, and metrics.json.

sample of the output:
  test                              pictures              recordings
  real                     419                     230
  fake                     592                     369
  accuracy              0.786 [0.724, 0.847]    0.786 [0.723, 0.859]
  ...
"""
PREDICT = """\
Say whether saved spectrogram pictures are real or fake, or that it is uncertain. IMAGE is a
picture, a folder (all pictures below it) or a pattern; the output keeps their order. The percentage
is the calibrated probability of the likelier class, were real and fake equally frequent.

sample of the output:
  fake       97.3 %  P(fake) 0.973  datasets/images/test/fake/0001-a8fa08acdd4b-0000.png
"""
SCORE = """\
Figures of a score file, of any system. Reads score files of ASVspoof 5, 2021 and 2019, LFCC-LCNN
logs, AntiDeepfake, "path score" and CSV, and their keys; says which direction it takes a score for.
Accuracy and the like take the scores for natural-log likelihood ratios and 0 for the threshold.

sample of the output:
  asvspoof5: 400 bona fide, 1600 spoof; higher = more bona fide
  accuracy          0.868 [0.853, 0.882]
  ...
"""
COMPARE = """\
Say which of two runs is better on one split: every figure, the difference with its 95 % interval
(paired bootstrap), and McNemar's test on the verdicts.

sample of the output:
                           A       B   B - A
  eer                  0.277   0.279  +0.001 [-0.015, +0.032]
  ...
  Neither is surely better by EER: that of checkpoints/b is higher than that of checkpoints/a by ...
"""
AUDIT = """\
Say how well trivial facts alone (duration, level, bandwidth, ...) tell the classes apart, what is
there twice, and what stands on two sides of a split. A network learns such shortcuts first.

sample of the output:
                                train     validation           test
  ...
  bandwidth               86 (83-89)!    68 (57-79)     71 (65-77)
  ...
  warning: bandwidth (empty rows at the top) alone tells real from fake in 86 % of train ...
"""
STATUS = (
    "exit status: 0 all done; 1 some pictures failed, each named on standard error; "
    "2 the call was wrong or nothing could be done"
)
