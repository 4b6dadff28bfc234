"""nginx.py MODULE SECOND PROBE: the nginx module in a real nginx, between a client and an upstream of this test's own.

Personal data is cut at every byte by the upstream and must never come through; under load by wrk no answer may be wrong, no
worker may die, memory stays where it was. SECOND is the same module with the library inside, under names of its own: two
copies in one server. PROBE tells how a worker leaves its process. SEXTANT_LOAD_SECONDS sets how long each load runs (default 1)."""
import asyncio
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = int(os.environ.get("SEXTANT_LOAD_SECONDS", "1"))
TEXT = ("Write to jane.roe@example.org or call 212-555-0147; the card is 4111 1111 1111 1111, the account DE89 3704 0044 "
        "0532 0130 00 and the host 10.0.0.7. 电话13800138000，邮箱li.lei@example.cn。\n").encode()
DRIP = [b"Line %d: the ferry sails at noon, wind permitting.\n" % i for i in range(60)]  # small pieces, each let go at once
CLEAN = ("Write to <EMAIL_ADDRESS> or call <PHONE_NUMBER>; the card is <CREDIT_CARD>, the account <IBAN_CODE> and the host "
         "<IP_ADDRESS>. 电话<CN_MOBILE>，邮箱<EMAIL_ADDRESS>。\n").encode()
SECRETS = [b"jane.roe", b"555-0147", b"4111 1111", b"DE89", b"10.0.0.7", b"13800138000", b"li.lei"]
FILLER = b"The harbour office keeps the tide tables of the northern coast in the reading room upstairs.\n"
PAGE = (FILLER * 42 + TEXT) * 4  # about 16 KiB with personal data in it
CLEAN_PAGE = (FILLER * 42 + CLEAN) * 4
BIG = 400  # pages of a long response


def check(good, why):
    if not good:
        raise SystemExit(f"nginx: {why}")


class Upstream:
    """Answers over one socket; what it was sent is in .received."""

    def __init__(self):
        self.received = []
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait(10)

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path = head[0].split(" ")[:2]
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                if method == "POST":
                    self.received.append((fields, body))
                await self.answer(writer, method, path.strip("/").split("/"))
                if fields.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, writer, method, path):
        def head(status, fields):
            writer.write(f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode()
                         + b"\r\n")

        def chunk(data):
            writer.write(b"%x\r\n%b\r\n" % (len(data), data))

        text = {"Content-Type": "text/plain; charset=utf-8", "ETag": '"1"', "Accept-Ranges": "bytes"}
        what = path[0]
        if what in ("split", "bytes", "drip", "big"):
            head("200 OK", dict(text, **{"Transfer-Encoding": "chunked"}))
            at = int(path[1]) if what == "split" else 0
            if what == "split":
                pieces = (TEXT[:at], TEXT[at:])
            elif what == "bytes":
                pieces = (TEXT[i:i + 1] for i in range(len(TEXT)))
            elif what == "drip":
                pieces = DRIP
            else:
                pieces = (PAGE for _ in range(BIG))
            for piece in pieces:
                if piece:
                    chunk(piece)
                if what != "split":
                    await writer.drain()
                if what in ("bytes", "drip"):
                    await asyncio.sleep(0.01 if what == "drip" else 0)
            writer.write(b"0\r\n\r\n")
        elif what == "gzip":
            data = gzip.compress(TEXT)
            head("200 OK", dict(text, **{"Content-Length": len(data), "Content-Encoding": "gzip"}))
            writer.write(data)
        elif what == "partial":
            head("206 Partial Content", dict(text, **{"Content-Length": 9, "Content-Range": "bytes 11-19/99"}))
            writer.write(b"e.roe@exa")
        elif what == "image":
            head("200 OK", {"Content-Type": "image/png", "Content-Length": len(TEXT)})
            writer.write(TEXT)
        elif what == "empty":
            head("204 No Content", {})
        else:
            head("200 OK", dict(text, **{"Content-Length": len(TEXT)}))
            if method != "HEAD":
                writer.write(TEXT)
        await writer.drain()


CONFIG = """
daemon off; {user} worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
{load}
events {{ worker_connections 512; }}
http {{
    access_log off; default_type text/plain; {temp}
    upstream u {{ server 127.0.0.1:{upstream}; keepalive 64; }}
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Range ""; proxy_read_timeout 30s;
    client_body_buffer_size 8k; client_max_body_size 64m; keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port} reuseport;
        location /plain/ {{ proxy_pass http://u/; proxy_buffering off; }}
        location /pages/ {{ alias {folder}/pages/; }}
        {locations}
    }}
}}
"""
LOCATIONS = """
        location /stream/ { proxy_pass http://u/; proxy_buffering off; sextant_redact request response; }
        location /buffer/ { proxy_pass http://u/; sextant_redact request response; }
        location /unread/ { proxy_pass http://u/; proxy_request_buffering off; sextant_redact request; }
        location /strict/ { proxy_pass http://u/; sextant_redact request response; sextant_others refuse;
            sextant_action EMAIL_ADDRESS block; }
        location /mask/ { proxy_pass http://u/; sextant_redact response; sextant_action CREDIT_CARD mask; }
        location /clean/ { alias FOLDER/pages/; sextant_redact response; }
        location /second/ { proxy_pass http://u/; proxy_buffering off; other_redact response; }
"""


def proc_status(pid, *names):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return [line.strip() for line in f if line.startswith(names)]


class Nginx:
    def __init__(self, binary, folder, modules, probe, upstream):
        self.binary, self.folder, self.modules, self.upstream = binary, folder, modules, upstream
        self.states = os.path.join(folder, "states")
        os.mkdir(self.states)
        self.env = {**os.environ, "LD_PRELOAD": probe, "SX_PROBE_FOLDER": self.states}
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.conf = os.path.join(folder, "nginx.conf")
        os.mkdir(os.path.join(folder, "pages"))
        with open(os.path.join(folder, "pages", "page.txt"), "wb") as f:
            f.write(PAGE)

    def configure(self, with_modules, locations=LOCATIONS):
        temp = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(CONFIG.format(user="user root;" if os.getuid() == 0 else "", folder=self.folder, port=self.port, temp=temp,
                                  upstream=self.upstream,
                                  load="\n".join(f"load_module {m};" for m in self.modules) if with_modules else "",
                                  locations=locations.replace("FOLDER", self.folder) if with_modules else ""))

    def start(self):
        with open(os.path.join(self.folder, "out"), "wb") as out:
            self.process = subprocess.Popen([self.binary, "-p", self.folder, "-c", self.conf], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, env=self.env)
        self.wait_for(self.ready)

    def test(self):
        return subprocess.run([self.binary, "-t", "-p", self.folder, "-c", self.conf], capture_output=True, text=True)

    def wait_for(self, condition):
        for _ in range(3000):
            if condition():
                return
            check(self.process.poll() is None, "it ended: " + self.log())
            time.sleep(0.02)
        check(False, "it takes too long: " + self.log())

    def workers(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as f:
            return set(map(int, f.read().split()))

    def ready(self):
        """Two workers have begun: until then they block the master's signals."""
        workers = self.workers()
        try:
            return len(workers) == 2 and all(int(line.split()[1], 16) == 0
                                             for pid in workers for line in proc_status(pid, "SigBlk"))
        except FileNotFoundError:  # one of the old workers went just now
            return False

    def reload(self):
        """Old workers finish what they do; returns when they have gone."""
        old = self.workers()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: not old & self.workers() and self.ready())

    def log(self):
        text = ""
        for name in ("out", "error.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    text += f.read()
        return text

    def ask(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def manners(self):
        """What a plugin may not change, of the master and of a worker."""
        seen = []
        for pid in (self.process.pid, min(self.workers())):
            seen.append((proc_status(pid, "SigBlk", "SigIgn", "SigCgt", "Umask", "Threads"), os.readlink(f"/proc/{pid}/cwd"), os.readlink(f"/proc/{pid}/fd/1"),
                         os.readlink(f"/proc/{pid}/fd/2")))
        return seen

    def state(self, pid):
        """How a worker that has ended left its process: signal handlers and mask, locale, floating point, limits..."""
        with open(os.path.join(self.states, str(pid)), encoding="utf-8") as f:
            return [line for line in f if not line.startswith("files ")]

    def memory(self):
        total = 0
        for pid in self.workers():
            with open(f"/proc/{pid}/statm", encoding="ascii") as f:
                total += int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total / 1e6

    def settled(self):
        """Its memory once it has stopped to change; at most some seconds later, however busy the machine is."""
        seen = self.memory()
        for _ in range(50):
            time.sleep(0.1)
            before, seen = seen, self.memory()
            if seen == before:
                break
        return seen


def responses(nginx):
    for where in ("/stream", "/buffer", "/second"):
        for at in range(1, len(TEXT)):
            status, body, _ = nginx.ask(f"{where}/split/{at}")
            check((status, body) == (200, CLEAN), f"{where}, cut at {at}: {status} {body}")
        for what in ("bytes", "whole"):
            status, body, headers = nginx.ask(f"{where}/{what}")
            check((status, body) == (200, CLEAN), f"{where}/{what}: {status} {body}")
            check(headers["ETag"] == 'W/"1"' and not headers["Accept-Ranges"], f"{where}: {headers}")
    for where in ("/stream", "/buffer"):
        began = time.monotonic()
        status, body, _ = nginx.ask(f"{where}/drip")
        check((status, body) == (200, b"".join(DRIP)), f"{where}/drip: {status} {body}")
        check(time.monotonic() - began < 20, f"{where}/drip waited for a time-out")
    check(nginx.ask("/plain/whole")[1] == TEXT, "the filter runs where it is off")
    check(nginx.ask("/stream/empty")[0] == 204, "a response without a body")
    status, body, headers = nginx.ask("/stream/whole", "HEAD")
    check((status, body, headers["Content-Length"]) == (200, b"", None), f"HEAD: {status} {headers}")
    check(b"card is ***************1111," in nginx.ask("/mask/whole")[1], "an action of its own")
    check(nginx.ask("/clean/page.txt")[1] == CLEAN_PAGE, "a file")
    status, body, _ = nginx.ask("/clean/page.txt", Range="bytes=0-99")
    check((status, body) == (200, CLEAN_PAGE), f"a range of a file: {status}")
    # what cannot be read is refused; what is no text passes, unless others are refused too
    for what in ("gzip", "partial"):
        status, body, _ = nginx.ask("/stream/" + what)
        check(status == 502 and not any(s in body for s in SECRETS), f"{what}: {status} {body}")
    check(nginx.ask("/stream/image")[:2] == (200, TEXT), "an image")
    check(nginx.ask("/strict/image")[0] == 502, "an image, others refused")


def requests(nginx, upstream):
    for where in ("/stream/", "/buffer/"):
        for length in (len(TEXT), 100000, 3000000):  # in one buffer, in many, spilled into a file
            times = length // len(TEXT)
            upstream.received.clear()
            nginx.ask(where, "POST", TEXT * times, Content_Type="text/plain")
            fields, body = upstream.received[0]
            check(body == CLEAN * times, f"{where} of {length}: the upstream got {body[:300]}")
            check(int(fields["content-length"]) == len(body), "the length of a redacted request")
    upstream.received.clear()
    nginx.ask("/stream/", "POST", iter([TEXT[:20], TEXT[20:]]), Content_Type="application/json")
    check(upstream.received[0][1] == CLEAN, f"a chunked request: {upstream.received}")
    nginx.ask("/stream/", "POST", b"", Content_Type="text/plain")
    check(upstream.received[1][1] == b"", "an empty request")
    nginx.ask("/stream/", "POST", TEXT, Content_Type="image/png")
    check(upstream.received[2][1] == TEXT, "an image")
    # refused before the upstream hears of it
    upstream.received.clear()
    check(nginx.ask("/strict/", "POST", TEXT, Content_Type="image/png")[0] == 415, "an image, others refused")
    check(nginx.ask("/strict/", "POST", gzip.compress(TEXT), Content_Type="text/plain", Content_Encoding="gzip")[0] == 415, "gzip")
    check(nginx.ask("/strict/", "POST", TEXT, Content_Type="text/plain")[0] == 403, "a blocked request")
    check(nginx.ask("/unread/", "POST", TEXT, Content_Type="text/plain")[0] == 500, "a request that is not buffered")
    check(upstream.received == [], f"the upstream heard: {upstream.received}")


def long_response(nginx):
    """A long response to a slow reader: complete, clean, and never kept whole."""
    for where in ("/stream/big", "/buffer/big"):
        with socket.create_connection(("127.0.0.1", nginx.port), 30) as s:
            s.sendall(f"GET {where} HTTP/1.0\r\n\r\n".encode())
            nginx.settled()  # nginx may run ahead as far as its buffers go
            with s.makefile("rb") as f:
                while f.readline().strip():
                    pass
                sizes = []
                for page in range(BIG):
                    check(f.read(len(CLEAN_PAGE)) == CLEAN_PAGE, f"{where}: page {page} is not as it should be")
                    if page % 40 == 20:
                        sizes.append(nginx.memory())
                check(f.read() == b"", f"{where}: it is too long")
        # a stream keeps its findings, some 200 bytes each
        check(max(sizes) - sizes[0] < 2 + BIG * 28 * 200 / 1e6, f"{where}: {sizes} MB over a response of {BIG * len(PAGE) / 1e6:.0f} MB")


def wrk(nginx, url, expected, path, splits):
    file = os.path.join(nginx.folder, "expected")
    with open(file, "wb") as f:
        f.write(expected)
    done = subprocess.run(["wrk", "-t2", "-c32", f"-d{SECONDS}s", "--timeout", "30s", "-s", os.path.join(HERE, "nginx.lua"),
                           f"http://127.0.0.1:{nginx.port}{url}", "--", file, path, str(splits)], capture_output=True, text=True)
    check(done.returncode == 0, done.stdout + done.stderr)
    return json.loads(done.stdout.strip().split("\n")[-1])


def load(nginx):
    if not shutil.which("wrk"):
        print("SKIPPED in part: no load without wrk (Debian: wrk)")
        return
    workers = nginx.workers()
    for where in ("/stream/split/", "/second/split/"):
        # how many requests stand open at once is chance, and memory goes up to what the fullest moment took; what is lost
        # with each request would show in every round
        sizes, good = [], []
        while len(sizes) < 2 or len(sizes) < 6 and sizes[-1] - sizes[-2] > 1:
            got = wrk(nginx, where, CLEAN, where, len(TEXT) - 1)
            check(got["bad"] == 0 and got["errors"] == 0 and got["good"] > 0, f"{where}: {got}")
            sizes.append(nginx.settled())
            good.append(got["good"])
        check(sizes[-1] - sizes[-2] <= 1, f"{where}: {sizes} MB after {good} requests each")
        print(f"{where} {len(TEXT) - 1} splits: {got}")
    for where, expected in (("/pages/page.txt", PAGE), ("/clean/page.txt", CLEAN_PAGE)):
        got = wrk(nginx, where, expected, where, 0)
        check(got["bad"] == 0 and got["errors"] == 0 and got["good"] > 0, f"{where}: {got}")
        print(f"{where} of {len(PAGE)} bytes, {'redacted' if 'clean' in where else 'as it is'}: {got}")
    check(nginx.workers() == workers, "a worker died under load")


def reloads(nginx):
    """Reloading under load: every request is answered whole by the old workers or the new."""
    stop, wrong, count = threading.Event(), [], [0]

    def client(first):
        at = first
        while not stop.is_set():
            at = at % (len(TEXT) - 1) + 1
            try:
                status, body, _ = nginx.ask(f"/stream/split/{at}")
                if (status, body) != (200, CLEAN):
                    wrong.append((at, status, body))
            except OSError as problem:
                wrong.append((at, problem))
            count[0] += 1

    clients = [threading.Thread(target=client, args=(i * 37,)) for i in range(4)]
    for c in clients:
        c.start()
    for _ in range(3):
        seen = count[0]
        nginx.wait_for(lambda: count[0] >= seen + 4)  # the clients are at it, however long that takes
        nginx.reload()
    stop.set()
    for c in clients:
        c.join()
    check(not wrong, f"{count[0]} requests over three reloads, wrong: {wrong[:3]}")


def reload_and_name_old(nginx, with_modules):
    old = min(nginx.workers())
    nginx.configure(with_modules)
    nginx.reload()
    return old


def bad_configurations(nginx):
    for line, sentence in (("sextant_action EMAIL_ADDRESS dance;", "there is no action"),
                           ("sextant_action NO_SUCH_TYPE mask;", "NO_SUCH_TYPE"),
                           ("sextant_redact off request;", "sextant_redact")):
        nginx.configure(True, f"location /x/ {{ {line} }}")
        done = nginx.test()
        check(done.returncode != 0 and sentence in done.stderr, f"{line} {done.stderr}")


def main():
    binary = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if len(sys.argv) != 4 or not all(map(os.path.exists, sys.argv[1:])):
        print("SKIPPED: the module is not built without nginx's headers (Debian: nginx-dev)")
        raise SystemExit(77)
    if not binary:
        print("SKIPPED: there is no nginx here (Debian: nginx)")
        raise SystemExit(77)
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="sx") as folder:
        os.chmod(folder, 0o755)
        nginx = Nginx(binary, folder, [os.path.abspath(m) for m in sys.argv[1:3]], os.path.abspath(sys.argv[3]),
                      upstream.port)
        bad_configurations(nginx)
        nginx.configure(False)
        nginx.start()
        try:
            before = nginx.manners()  # a server that has never heard of us
            plain = nginx.state(reload_and_name_old(nginx, True))
            check(nginx.manners() == before, f"loaded: {before} became {nginx.manners()}")
            responses(nginx)
            requests(nginx, upstream)
            reloads(nginx)
            responses_after = nginx.ask("/stream/whole")[1]
            check(responses_after == CLEAN, "after reloads")
            load(nginx)
            long_response(nginx)
            check(nginx.manners() == before, f"used: {before} became {nginx.manners()}")
            used = nginx.state(reload_and_name_old(nginx, False))
            check(used == plain and len(used) > 64, f"a worker changed its process: {set(used) ^ set(plain)}")
            with open(f"/proc/{nginx.process.pid}/maps", encoding="utf-8") as f:
                check("ngx_http_sextant_module" not in f.read(), "the module was not unloaded")
            check(nginx.ask("/plain/whole")[1] == TEXT and nginx.manners() == before, "after unloading")
        finally:
            nginx.process.send_signal(signal.SIGQUIT)
            nginx.process.wait(30)
        check(nginx.process.returncode == 0, "it ended badly: " + nginx.log())
        for line in nginx.log().splitlines():
            check(not any(w in line for w in ("[alert]", "[emerg]", "[crit]", "exited on signal")), line)
            check(not any(s.decode() in line for s in SECRETS), "personal data in the log: " + line)
            check(" sextant: " in line or "[warn]" in line or "[notice]" in line, "not a line of nginx's: " + line)
    print(f"clean at all {len(TEXT) - 1} cuts, through reloads and load; the server is as it was, also without the module")


if __name__ == "__main__":
    main()
