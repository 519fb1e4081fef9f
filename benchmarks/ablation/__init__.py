"""What each part of the default recipe gives: one training without it, by validation."""
