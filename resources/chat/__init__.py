"""The one path to a model: stage -> ledger -> chat model.

``stages`` says what is asked, ``asking`` asks it, ``ledger`` remembers every paid response and
every answer, and the providers (``embedded``, ``openai_compatible``) carry requests.
"""
