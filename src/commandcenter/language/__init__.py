"""How simulated operators speak: phrase tables as data, and a small grammar that expands them."""
