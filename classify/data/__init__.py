"""Pictures on disk to batches: folders, manifest, splits, sampling and augmentation."""
