# SPDX-License-Identifier: Apache-2.0
"""A server that answers as a daemon would, with numbers that a test may falsify."""

import copy
import http.server
import json
import threading

LEDGER = {
    "version": "0.1.0", "balanced": True,
    "events": [{
        "event": "syscall_enter", "attached": True, "fired": 4321, "seen": 4300, "unpaired": 20,
        "skipped": 1, "filtered": 300, "accepted": 4000, "consumed": 3000, "pending": 0,
        "lost": {"ring_full": 600, "no_ring": 400}, "starts_refused": 0, "evictions": 5,
        "clock_skew": 0,
        "marks": {"taken": 9, "off": 0, "accepted": 3900, "consumed": 2900, "lost": 1000,
                  "cpus": [{"cpu": 0, "accepted": 1900, "consumed": 1900, "lost": 0},
                           {"cpu": 1, "accepted": 2000, "consumed": 1000, "lost": 1000}]},
        "balanced": True}, {
        "event": "block_io", "attached": False, "reason": "no such hook", "fired": 0}],
    "metrics": [{
        "metric": "ringtally_calls_total", "event": "syscall_enter", "series": 2000, "other": 900,
        "lost": 1000, "retired": 100, "total": 4000,
        "expected": {"consumed": 3000, "lost": 1000}, "balanced": True}, {
        "metric": "ringtally_seconds_total", "event": "syscall_enter", "series": 1.5, "other": 0,
        "lost": 0, "retired": 0.25, "total": 1.75, "expected": None, "balanced": None}],
}


def with_change(path, change):
    """The ledger with one number changed: path as ("events", 0, "fired")."""
    ledger = copy.deepcopy(LEDGER)
    at = ledger
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = change(at[path[-1]])
    return ledger


def with_event(name, fired):
    """The ledger with another event, of which nothing is known but how often it fired."""
    ledger = copy.deepcopy(LEDGER)
    event = copy.deepcopy(ledger["events"][0])
    event.update(event=name, fired=fired, seen=fired, accepted=fired, filtered=0, unpaired=0,
                 skipped=0)
    ledger["events"].append(event)
    return ledger


class FakeDaemon:
    """Serves a body at /api/v1/ledger, 404 elsewhere. The body: JSON, any text, or what makes it."""

    def __init__(self, body, status=200):
        def text():
            now = body() if callable(body) else body
            return (now if isinstance(now, str) else json.dumps(now)).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/api/v1/ledger"
                self.send_response(status if found else 404)
                self.end_headers()
                self.wfile.write(text() if found else b"not found\n")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
