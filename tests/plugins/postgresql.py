"""postgresql.py PLUGIN SECOND PROBE LIBSEXTANT PG_CONFIG: the PostgreSQL extension in a server of its own, as an unprivileged user.
SECOND is the plugin with the library inside: two copies in one backend. PROBE tells how a backend leaves its process.

The server runs from a private copy of its binaries, because it looks for extensions beside them; nothing is installed."""
import difflib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "examples", "postgresql")
NOBODY = 65534


def config(pg_config, what):
    return subprocess.check_output([pg_config, "--" + what], text=True).strip()


def link_all(source, target, but=()):
    os.makedirs(target)
    for name in os.listdir(source):
        if name not in but:
            os.symlink(os.path.join(source, name), os.path.join(target, name))


class Server:
    def __init__(self, folder, plugin, second, probe, library, pg_config):
        real = {what: config(pg_config, what) for what in ("bindir", "sharedir", "pkglibdir")}
        mine = {what: folder + path for what, path in real.items()}
        self.bin, self.data, self.folder = mine["bindir"], os.path.join(folder, "data"), folder
        os.makedirs(self.bin)
        for name in ("postgres", "initdb", "pg_ctl"):
            shutil.copy(os.path.join(real["bindir"], name), self.bin)
        link_all(real["sharedir"], mine["sharedir"], but=("extension",))
        extensions = os.path.join(mine["sharedir"], "extension")
        link_all(os.path.join(real["sharedir"], "extension"), extensions)
        for name in ("sextant.control", "sextant--0.2.sql"):
            shutil.copy(os.path.join(SOURCE, name), extensions)
        link_all(real["pkglibdir"], mine["pkglibdir"])
        shutil.copy(plugin, os.path.join(mine["pkglibdir"], "sextant_pg.so"))
        shutil.copy(second, os.path.join(mine["pkglibdir"], "sextant_second.so"))
        self.probe = shutil.copy(probe, folder)
        self.states = os.path.join(folder, "states")
        os.mkdir(self.states)
        shutil.copy(library, os.path.join(mine["pkglibdir"], "libsextant.so.0"))
        self.psql = os.path.join(real["bindir"], "psql")
        self.env = {"PATH": self.bin + ":/usr/bin:/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": mine["pkglibdir"],
                    "PGHOST": folder, "PGUSER": "tester", "PGDATABASE": "postgres"}
        self.who = {}
        if os.getuid() == 0:
            self.who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            subprocess.check_call(["chown", "-R", "-h", f"{NOBODY}:{NOBODY}", folder])

    def call(self, *command, **more):
        return subprocess.run(command, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120,
                              **self.who, **more)

    def start(self):
        done = self.call(os.path.join(self.bin, "initdb"), "-D", self.data, "-U", "tester", "-E", "UTF8", "--locale=C",
                         "-A", "trust", "-N")
        check(done.returncode == 0, done.stdout + done.stderr)
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="ascii") as f:
            f.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\nfsync = off\n"
                    "shared_preload_libraries = 'sextant_pg'\nshared_buffers = 16MB\nmax_connections = 10\n")
        with open(os.path.join(self.folder, "log"), "w", encoding="ascii") as log:
            self.process = subprocess.Popen([os.path.join(self.bin, "postgres"), "-D", self.data],
                                            env={**self.env, "LD_PRELOAD": self.probe, "SX_PROBE_FOLDER": self.states},
                                            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.who)
        for _ in range(200):
            if self.sql("SELECT 1").returncode == 0:
                return
            check(self.process.poll() is None, self.log())
            time.sleep(0.05)
        check(False, "the server does not answer: " + self.log())

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as f:
            return f.read()

    def sql(self, text):
        return self.call(self.psql, "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", "-c", text)

    def state(self, sql):
        """How a backend that ran these statements left its process: signal handlers and mask, locale, floating point..."""
        pid = self.sql(sql + "; SELECT pg_backend_pid()").stdout.strip().split("\n")[-1]
        path = os.path.join(self.states, pid)
        for _ in range(200):
            if os.path.exists(path) and os.path.getsize(path):
                break
            time.sleep(0.02)
        with open(path, encoding="utf-8") as f:
            return [line for line in f if not line.startswith("files ")]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def check(good, why):
    if not good:
        raise SystemExit(f"postgresql: {why}")


def regress(server):
    with open(os.path.join(HERE, "postgresql.sql"), encoding="utf-8") as f:
        script = f.read()
    corpus = os.path.join(server.folder, "notes.sextant")
    done = server.call(server.psql, "-X", "-a", "-q", "-v", f"corpus={corpus}", input=script)
    got = (done.stdout + "---- errors ----\n" + done.stderr).replace(corpus, "CORPUS")
    expected_path = os.path.join(HERE, "postgresql.out")
    if os.environ.get("SEXTANT_ACCEPT"):
        with open(expected_path, "w", encoding="utf-8") as f:
            f.write(got)
    with open(expected_path, encoding="utf-8") as f:
        expected = f.read()
    diff = "".join(difflib.unified_diff(expected.splitlines(True), got.splitlines(True), "expected", "got"))
    check(not diff, "the answers differ:\n" + diff)


MIDST = "stopped in the midst of a call"
LONG_CALL = ("SET client_min_messages = debug1; "
             "SELECT length(sextant.redact(repeat('mail joe@example.org or 4111 1111 1111 1111, ', 2000000)))")


def timed_out(server, ms):
    done = server.sql(f"SET statement_timeout = {ms}; " + LONG_CALL)
    return done.stderr, "due to statement timeout"


def told_to_stop(server, ms):
    process = subprocess.Popen([server.psql, "-X", "-At", "-c", LONG_CALL], env=server.env, cwd=server.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **server.who)
    while process.poll() is None:
        server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
                   f"AND query LIKE '%length(sextant%' AND clock_timestamp() - query_start > '{ms} ms'")
        time.sleep(0.02)
    return process.communicate(timeout=60)[1], "due to user request"


def cancelled(server):
    """A redaction of a long text ends in the midst of the call. How long the text itself takes to make is the machine's
    affair, so the wait grows until the stop falls into the call."""
    for stop in (timed_out, told_to_stop):
        for ms in (150, 300, 600, 1200, 2400, 4800):
            told, why = stop(server, ms)
            check(why in told, f"{stop.__name__} after {ms} ms gave: {told or 'no error, so the call was not stopped'}")
            if MIDST in told:
                break
        check(MIDST in told, f"{stop.__name__} never met the call: {told}")


def manners(server):
    """Preloaded, the postmaster has one thread and its own signal handlers; a backend that used it has one thread too."""
    folder = f"/proc/{server.process.pid}"
    check(len(os.listdir(folder + "/task")) == 1, "the postmaster has more than one thread")
    with open(folder + "/maps", encoding="utf-8") as f:
        check("libsextant" in f.read(), "the library is not preloaded")
    done = server.sql("CREATE EXTENSION sextant; SELECT sextant.redact('mail joe@example.org'); "
                      "SELECT count(*) FROM pg_ls_dir('/proc/self/task'); DROP EXTENSION sextant")
    check(done.stdout.split("\n")[:2] == ["mail <EMAIL_ADDRESS>", "1"], "a backend: " + done.stdout + done.stderr)
    # a backend that used both copies of the library, and forgot what it could, against one that used none
    plain = server.state("SELECT 1")
    used = server.state("CREATE EXTENSION sextant; CREATE FUNCTION second(text) RETURNS text AS 'sextant_second', 'sextant_redact' "
                        "LANGUAGE C STRICT; SELECT second('mail joe@example.org'), sextant.redact('mail joe@example.org'); "
                        "DROP FUNCTION second(text); DROP EXTENSION sextant")
    check(used == plain and len(used) > 64, f"a backend changed its process: {set(used) ^ set(plain)}")
    twice = "SELECT second('joe@example.org') || sextant.redact('joe@example.org');\n"
    done = server.call(server.psql, "-X", "-At", "-q", input="CREATE EXTENSION sextant;\nCREATE FUNCTION second(text) RETURNS text AS "
                       "'sextant_second', 'sextant_redact' LANGUAGE C STRICT;\n" + twice + "DISCARD ALL;\n" + twice)
    check(done.stdout.split() == ["<EMAIL_ADDRESS><EMAIL_ADDRESS>"] * 2, "two copies, DISCARD ALL: " + done.stdout + done.stderr)
    server.sql("DROP FUNCTION second(text); DROP EXTENSION sextant")
    for line in server.log().splitlines():
        check(" UTC [" in line or " GMT [" in line or line.startswith("\t"), "not a line of the server's log: " + line)


def main():
    if len(sys.argv) != 6 or not os.path.exists(sys.argv[1]):
        print("SKIPPED: the extension is not built without PostgreSQL's headers (Debian: postgresql-server-dev-15)")
        raise SystemExit(77)
    plugin, second, probe, library, pg_config = sys.argv[1:6]
    for name in ("postgres", "initdb", "psql"):
        if not os.path.exists(os.path.join(config(pg_config, "bindir"), name)):
            print(f"SKIPPED: there is no PostgreSQL server here, {name} is missing (Debian: postgresql-15)")
            raise SystemExit(77)
    with tempfile.TemporaryDirectory(prefix="sx") as folder:
        os.chmod(folder, 0o755)
        server = Server(folder, plugin, second, probe, library, pg_config)
        server.start()
        try:
            regress(server)
            server.sql("CREATE EXTENSION sextant")
            cancelled(server)
            server.sql("DROP EXTENSION sextant")
            manners(server)
        finally:
            server.stop()
    print("the answers are as expected, calls end by timeout and by cancel, the postmaster is as it was")


if __name__ == "__main__":
    main()
