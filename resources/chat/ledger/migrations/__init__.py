"""How the ledger's tables came to be, one file a step; opening a ledger takes those it lacks."""
