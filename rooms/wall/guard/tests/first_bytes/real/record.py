"""Records the first bytes of real programs of Debian 12, for the tests beside it.

Each recording is a text file: `C hex` for what the client sent, `S hex` for the
server, in the order in which it came. Run as root, in this folder, with openssl,
openssh-server, curl, swaks, freerdp2-x11, xrdp, tigervnc-standalone-server and
tigervnc-viewer installed:

    python3 record.py /tmp/scratch
"""

import os
import select
import socket
import subprocess
import sys
import time

SCRATCH = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
BYTES_MAX = 9000


def port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def up(number):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", number), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens at {number}")


def relay(listener, server):
    listener.settimeout(10)
    client, _ = listener.accept()
    upstream = socket.create_connection(("127.0.0.1", server))
    lines, count, end = [], 0, time.time() + 4
    while time.time() < end and count < BYTES_MAX:
        ready, _, _ = select.select([client, upstream], [], [], 0.5)
        for one in ready:
            data = one.recv(65536)
            if not data:
                end = 0
                break
            lines.append(f"{'C' if one is client else 'S'} {data.hex()}\n")
            count += len(data)
            (upstream if one is client else client).sendall(data)
    client.close()
    upstream.close()
    return lines


def record(name, serve, ask, wait=True):
    server, front = port(), port()
    running = subprocess.Popen(
        [word.format(port=server) for word in serve], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SCRATCH)
    up(server)
    with socket.create_server(("127.0.0.1", front)) as listener:
        asking = subprocess.Popen(
            [word.format(port=front) for word in ask], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SCRATCH)
        lines = relay(listener, server)
    for one in (asking, running):
        one.terminate()
        one.wait()
    with open(os.path.join(HERE, f"{name}.txt"), "w") as file:
        file.writelines(lines)
    print(name, len(lines), [line[:24] for line in lines[:4]])


def shell(words):
    subprocess.run(words, shell=True, check=True, cwd=SCRATCH,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


os.makedirs(SCRATCH, exist_ok=True)
for who in ("server", "client"):
    shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
          f"-subj /CN={who}.example -keyout {who}.key -out {who}.crt")
S_SERVER = "openssl s_server -quiet -accept {port} -cert server.crt -key server.key".split()
S_CLIENT = "openssl s_client -connect 127.0.0.1:{port} -servername files-lg.example".split()
OWN = "-cert client.crt -key client.key".split()
record("tls13", S_SERVER, S_CLIENT)
record("tls13-retry", S_SERVER + ["-groups", "P-384"], S_CLIENT + ["-groups", "X25519:P-384"])
record("tls12", S_SERVER + ["-tls1_2"], S_CLIENT)
record("tls12-given", S_SERVER + ["-tls1_2", "-Verify", "2"], S_CLIENT + OWN)
record("tls12-not-given", S_SERVER + ["-tls1_2", "-verify", "2"], S_CLIENT)
record("tls-no-name", S_SERVER, S_CLIENT[:4] + ["-noservername"])
record("tls-refused", S_SERVER + ["-tls1_3"], S_CLIENT + ["-tls1_2"])
record("curl", S_SERVER[:2] + ["-www"] + S_SERVER[3:] + ["-alpn", "h2,http/1.1"],
       ["curl", "-sk", "--resolve", "files-lg.example:{port}:127.0.0.1",
        "https://files-lg.example:{port}/"])
record("http", S_SERVER, ["curl", "-s", "http://127.0.0.1:{port}/"])
shell("ssh-keygen -q -t ed25519 -N '' -f host </dev/null || true")
os.makedirs("/run/sshd", exist_ok=True)
record("ssh", ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", "{port}",
               "-h", os.path.join(SCRATCH, "host")],
       ["ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "-o", "BatchMode=yes", "-p", "{port}", "nobody@127.0.0.1", "true"])
with open(os.path.join(SCRATCH, "mail.py"), "w") as file:
    file.write("import warnings; warnings.simplefilter('ignore')\n"
               "import asyncore, smtpd, sys\n"
               "smtpd.DebuggingServer(('127.0.0.1', int(sys.argv[1])), None)\n"
               "asyncore.loop()\n")
record("smtp", [sys.executable, "mail.py", "{port}"],
       ["swaks", "--server", "127.0.0.1", "--port", "{port}", "--to", "a@b.example",
        "--from", "c@d.example", "--helo", "mail.midori.example"])
os.environ["DISPLAY"] = ":77"
screen = subprocess.Popen(["Xtigervnc", ":77", "-SecurityTypes", "None", "-rfbport", str(port()),
                           "-localhost"], stderr=subprocess.DEVNULL)
time.sleep(1)
record("vnc", ["Xtigervnc", ":78", "-SecurityTypes", "None", "-rfbport", "{port}", "-localhost"],
       ["xtigervncviewer", "127.0.0.1::{port}"])
with open(os.path.join(SCRATCH, "xrdp.ini"), "w") as file:
    file.write(open("/etc/xrdp/xrdp.ini").read()
               .replace("certificate=", "certificate=" + SCRATCH + "/server.crt")
               .replace("key_file=", "key_file=" + SCRATCH + "/server.key"))
XRDP = ["xrdp", "--nodaemon", "-c", "xrdp.ini", "-p", "{port}"]
XFREERDP = "xfreerdp /v:127.0.0.1:{port} /u:midori /p:x /cert:ignore".split()
record("rdp-tls", XRDP, XFREERDP + ["/sec:tls"])
record("rdp-plain", XRDP, XFREERDP + ["/sec:rdp"])
record("rdp-nla", XRDP, XFREERDP + ["/sec:nla"])
screen.terminate()
screen.wait()
