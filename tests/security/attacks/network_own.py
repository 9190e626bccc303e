# SPDX-License-Identifier: Apache-2.0 OR MIT
# With loopback asked for, its own listeners answer and nobody else's.
# attack-options: --network loopback
# attack-stdout: own answered
# attack-stdout: others refused
import socket

server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname(), timeout=5)
peer = server.accept()[0]
peer.sendall(b'own answered')
print(client.recv(64).decode())
through = []
for port in list(range(1, 1024)) + [3306, 5432, 6379, 8080, 8443, 9090]:
    with socket.socket() as s:
        s.settimeout(1)
        if s.connect_ex(('127.0.0.1', port)) == 0:
            through.append(port)
for address in ('169.254.169.254', 80), ('192.0.2.1', 80):
    with socket.socket() as s:
        s.settimeout(1)
        if s.connect_ex(address) == 0:
            through.append(address)
print('BROKEN %s' % through if through else 'others refused')
