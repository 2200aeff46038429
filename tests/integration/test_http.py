# SPDX-License-Identifier: Apache-2.0
"""What the daemon says over HTTP, and where it listens."""

import concurrent.futures
import gzip
import os
import socket
import stat
import struct
import tempfile
import unittest

import ringtally
from exposition import Exposition
from ringtally import Daemon, request, scrape


class Http(unittest.TestCase):
    """All over one daemon."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.daemon = Daemon()

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            cls.daemon.stop()

    def test_default_config(self):
        exposition = self.daemon.scrape()
        self.assertGreater(exposition.total("ringtally_syscalls_total"), 0)
        self.assertEqual(exposition.families["ringtally_syscalls_total"].type, "counter")
        info = exposition.select("ringtally_self_build_info")
        self.assertEqual([value for _, value in info], [1])
        self.assertIn("version", info[0][0])

    def test_process_metrics(self):
        exposition = self.daemon.scrape()
        rss = exposition.value("process_resident_memory_bytes")
        self.assertAlmostEqual(rss, self.daemon.memory("VmRSS"), delta=1 << 20)
        self.assertEqual(exposition.families["process_cpu_seconds_total"].type, "counter")

    def test_scrapes_count_themselves(self):
        before = self.daemon.scrape().value("ringtally_self_scrapes_total", code="200")
        after = self.daemon.scrape().value("ringtally_self_scrapes_total", code="200")
        self.assertEqual(after, before + 1)

    def test_head_is_get_without_a_body(self):
        for path in ("/", "/metrics", "/healthz", "/readyz", "/nowhere"):
            with self.subTest(path):
                get = self.daemon.request(path)
                head = self.daemon.request(path, "HEAD")
                self.assertEqual((head.status, head.body), (get.status, b""))
                self.assertEqual(head.headers["Content-Type"], get.headers["Content-Type"])

    def test_unknown_paths(self):
        for path in ("/metric", "/metrics/", "//", "/favicon.ico", "/../etc/passwd"):
            with self.subTest(path):
                self.assertEqual(self.daemon.request(path).status, 404)

    def test_other_methods(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            for path in ("/metrics", "/", "/healthz"):
                with self.subTest((method, path)):
                    self.assertEqual(self.daemon.request(path, method).status, 405)

    def test_gzip_for_those_who_ask(self):
        def encoded(accepted, method="GET"):
            return self.daemon.request("/metrics", method, {"Accept-Encoding": accepted})

        plain, small = encoded("identity"), encoded("deflate, gzip;q=0.5")
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertEqual(small.headers["Content-Encoding"], "gzip")
        for answer in (plain, small):
            self.assertEqual(answer.headers["Vary"], "Accept-Encoding")
        text = gzip.decompress(small.body)
        self.assertLess(len(small.body), len(text) / 2)
        families = [set(Exposition(body).families) for body in (plain.body, text)]
        self.assertEqual(*families)
        self.assertEqual(encoded("gzip", "HEAD").headers["Content-Encoding"], "gzip")

    def test_one_round_for_both_kinds(self):
        """Scrapers that ask together get the same numbers, each in its coding."""
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(
                lambda i: self.daemon.request("/metrics", headers={
                    "Accept-Encoding": "gzip" if i % 2 else "identity"}), range(40)))
        for i, answer in enumerate(answers):
            self.assertEqual(answer.status, 200)
            self.assertEqual("Content-Encoding" in answer.headers, bool(i % 2))
            Exposition(gzip.decompress(answer.body) if i % 2 else answer.body)

    def test_query_does_not_matter(self):
        self.assertEqual(self.daemon.request("/metrics?x=1").status, 200)

    def test_top_is_no_scrape(self):
        before = self.daemon.scrape().value("ringtally_self_scrapes_total", code="200")
        for _ in range(3):
            answer = self.daemon.request("/api/v1/top?metric=ringtally_syscalls_total&k=3")
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.daemon.scrape().value("ringtally_self_scrapes_total", code="200"),
                         before + 1)

    def test_health(self):
        for path, body in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
            answer = self.daemon.request(path)
            self.assertEqual((answer.status, answer.text), (200, body))
            self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")

    def test_landing_page(self):
        answer = self.daemon.request("/")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        for path in ("/metrics", "/healthz", "/readyz"):
            self.assertIn(f'href="{path}"', answer.text)

    def test_connection_is_kept(self):
        connection = ringtally.http.client.HTTPConnection(self.daemon.url[len("http://"):])
        self.addCleanup(connection.close)
        ports = set()
        for path in ("/metrics", "/", "/healthz"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            ports.add(connection.sock.getsockname())
        self.assertEqual(len(ports), 1)

    def test_clients_that_go_away(self):
        """In the middle of a request, before the answer, with a reset."""
        host, port = self.daemon.url[len("http://"):].split(":")
        for sent in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
            for _ in range(20):
                client = socket.create_connection((host, int(port)))
                client.sendall(sent)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
        self.assertEqual(self.daemon.request("/healthz").status, 200)

    def test_nonsense(self):
        host, port = self.daemon.url[len("http://"):].split(":")
        for sent in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET\r\n\r\n", b"A" * 100000):
            with self.subTest(sent[:8]), socket.create_connection((host, int(port))) as client:
                client.settimeout(ringtally.PATIENCE_S)
                try:
                    client.sendall(sent)
                    self.assertNotIn(b" 200 ", client.recv(4096))
                except ConnectionError:
                    pass
        self.assertEqual(self.daemon.request("/healthz").status, 200)


class Listeners(unittest.TestCase):
    def setUp(self):
        ringtally.require_kernel()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = os.path.join(folder.name, "socket")

    def test_unix_socket(self):
        with Daemon(listen=[f"unix:{self.socket}"]) as daemon:
            self.assertEqual(daemon.url, f"unix:{self.socket}")
            self.assertTrue(stat.S_ISSOCK(os.stat(self.socket).st_mode))
            self.assertGreater(daemon.scrape().total("ringtally_syscalls_total"), 0)
            daemon.stop()
        self.assertFalse(os.path.exists(self.socket))

    def test_inherited_descriptor(self):
        with socket.socket() as inherited:
            inherited.bind(("127.0.0.1", 0))
            inherited.listen()
            url = f"http://127.0.0.1:{inherited.getsockname()[1]}"
            fd = inherited.fileno()
            with Daemon(listen=[f"fd://{fd}"], pass_fds=[fd]) as daemon:
                self.assertEqual(daemon.url, url)
                scrape(url)
                daemon.stop()

    def test_two_listeners(self):
        with Daemon(listen=["127.0.0.1:0", f"unix:{self.socket}"]) as daemon:
            scrape(daemon.url)
            scrape(f"unix:{self.socket}")
            daemon.stop()

    def test_every_interface(self):
        with Daemon(listen=[":0"]) as daemon:
            port = daemon.url.rpartition(":")[2]
            scrape(f"http://127.0.0.1:{port}")
            daemon.stop()

    def test_value_in_the_next_argument(self):
        args = ["--web.telemetry-path", "/numbers", "--log.level", "info", "--no-config.strict"]
        with Daemon(args=args) as daemon:
            scrape(daemon.url, "/numbers")
            self.assertEqual(request(daemon.url, "/metrics").status, 404)
            self.assertIn('href="/numbers"', request(daemon.url, "/").text)
            daemon.stop()


if __name__ == "__main__":
    ringtally.main()
