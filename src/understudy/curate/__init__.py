"""From records to what a student may learn: rewards, eligibility, samples, datasets."""
