"""vLLM servers on leased devices: kept warm between runs, shared by them, never left behind.

A run asks through `chat`, which holds a reference to a server by a connection (`holding`) to its
`keeper`, a small process of its own. The keeper leases the devices and lets a `guard` start
``vllm serve`` (`command`); whichever of the two is killed, the other ends every process of vLLM's.
"""
