"""`tg forecast`: what the next pass would ask, use and cost, before it starts.

``standing`` tells from the files what is made already, ``ahead`` what would be registered,
``growing`` and ``shards`` build the questions that stages would put, ask the ledger which of them
are known, and estimate those whose inputs do not exist yet from ``rates`` measured in earlier
shards; ``meters`` turns requests into tokens, dollars and time, ``forecast`` adds it all up.
Nothing is registered, written or asked.
"""
