"""OpenAI's Batch API: questions go out as files, answers come back within a day at half the price.

``model`` is the provider, ``batch_pass`` one pass of a stage, ``packing`` makes the files,
``jobs`` remembers in the ledger's database what was handed over, ``remote`` speaks with the
endpoint, ``harvesting`` takes answers from result files, ``lines`` knows how files are written.
"""
