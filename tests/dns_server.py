"""A small DNS server on this machine, for what others publish."""

import contextlib
import socketserver
import threading

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@contextlib.contextmanager
def zone(records: dict[str, list[str]]):
    """A server that knows `records` (« example.org TXT »: values) and nothing else; its address.

    Gives « 127.0.0.1:port » and the list of the questions it was asked.
    """
    asked: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, link = self.request
            query = dns.message.from_wire(data)
            [question] = query.question
            name, kind = (
                question.name.to_text(omit_final_dot=True),
                dns.rdatatype.to_text(question.rdtype),
            )
            asked.append(f"{name} {kind}")
            answer = dns.message.make_response(query)
            values = records.get(f"{name} {kind}", [])
            if values:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
            elif not any(key.startswith(f"{name} ") for key in records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            link.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
