"""Times echoes with smpclient, as a Python program would send them, to several servers in turn.

Arguments: number of rounds, then HOST:PORT of each server. Prints one JSON list: for each server its milliseconds.
"""

import asyncio
import json
import sys
import time

from smpclient import SMPClient
from smpclient.requests.os_management import EchoWrite
from smpclient.transport.udp import SMPUDPTransport

ROUNDS_UNCOUNTED = 20


async def main():
    rounds, *places = sys.argv[1:]
    clients = []
    for place in places:
        host, port = place.split(":")
        transport = SMPUDPTransport()
        # The client itself knows port 1337 only.
        await transport.connect(host, 10, port=int(port))
        clients.append(SMPClient(transport, host))
    times = [[] for _ in clients]
    for turn in range(ROUNDS_UNCOUNTED + int(rounds)):
        for client, its_times in zip(clients, times):
            begin = time.perf_counter()
            response = await client.request(EchoWrite(d=f"echo {turn}"))
            took = (time.perf_counter() - begin) * 1000
            assert response.r == f"echo {turn}", response
            if turn >= ROUNDS_UNCOUNTED:
                its_times.append(took)
    print(json.dumps(times))


asyncio.run(main())
