# SPDX-License-Identifier: Apache-2.0 OR MIT
# No way out: the host's loopback, cloud metadata, name servers, IPv6, broadcasts, raw packets.
# attack-stdout: everything refused
import socket

targets = [
    (socket.AF_INET, ('127.0.0.1', 22)), (socket.AF_INET, ('127.0.0.1', 8080)), (socket.AF_INET, ('0.0.0.0', 80)),
    (socket.AF_INET, ('169.254.169.254', 80)), (socket.AF_INET, ('127.0.0.53', 53)), (socket.AF_INET, ('255.255.255.255', 9)),
    (socket.AF_INET6, ('::1', 22)), (socket.AF_INET6, ('fe80::1', 80)), (socket.AF_INET6, ('fd00:ec2::254', 80)),
]
through = []
for family, address in targets:
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
        try:
            with socket.socket(family, kind) as s:
                s.settimeout(2)
                s.connect(address)
                if kind == socket.SOCK_DGRAM:
                    s.send(b'x')
                through.append((address, kind))
        except OSError:
            pass
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), (17, socket.SOCK_RAW, 3),
                               (16, socket.SOCK_RAW, 0), (40, socket.SOCK_STREAM, 0), (38, socket.SOCK_SEQPACKET, 0),
                               (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)):
    try:
        socket.socket(family, kind, protocol).close()
        through.append((family, kind, protocol))
    except OSError:
        pass
try:
    socket.getaddrinfo('example.com', 80)
    through.append('a name')
except OSError:
    pass
print('BROKEN %s' % through if through else 'everything refused')
