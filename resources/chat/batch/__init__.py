"""OpenAI's Batch API: questions go out as files, answers come back within a day at half the price.

``model`` is the provider, ``batch_pass`` one pass of a stage, ``packing`` makes the files,
``open_questions`` knows what still waits, ``jobs`` remembers in the ledger's database what was
handed over, ``holders`` who works on it, ``remote`` speaks with the endpoint, ``harvesting`` takes
answers from result files, ``lines`` knows how files are written.
"""
