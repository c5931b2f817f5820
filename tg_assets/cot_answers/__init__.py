"""Step-by-step answers for the samples of the dataset, where the settings ask for them."""
