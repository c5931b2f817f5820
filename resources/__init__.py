"""What a run is given: chat models and the ledger, the CLIP encoder, storage."""
