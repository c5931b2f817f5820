"""What asking costs, told before it is asked.

``image_tokens`` and ``text_tokens`` count what a request holds, by each model's own rules;
``prices`` knows list prices; ``demand`` puts them together for one request, and
``tg_assets.forecasting`` for a whole run. Nothing here speaks to a network.
"""
