"""One end of a pseudo-terminal for coldrig: stdin and stdout on one side, clients of the terminal on the other.

Node.js cannot open a pseudo-terminal, Python's standard library can. The terminal is raw (no echo, no line editing: 0x04
and 0x14 open console frames and would be ^D and ^T). The helper does not keep the terminal open itself, so it sees when
the last client leaves; what the board says while nobody listens is dropped, or the next client would read a stale answer.
It ends, and takes its link along, when stdin closes: it never outlives the process that started it.

Usage: pty-helper.py LINK. Prints the terminal's own name and a newline to stderr once it is ready.
"""

import os
import select
import signal
import sys
import termios
import tty

# How often a terminal without clients is looked at: short beside the 2 s a client waits for its first answer.
CLOSED_POLL_MS = 20
CHUNK = 4096


def has_client(master):
    poller = select.poll()
    poller.register(master, select.POLLIN)
    return not dict(poller.poll(0)).get(master, 0) & select.POLLHUP


def from_clients(master):
    """Passes on what clients have written; says whether one is still there."""
    try:
        data = os.read(master, CHUNK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    while data:
        data = data[os.write(1, data) :]
    return True


def to_clients(master, data):
    """A client that does not read loses bytes, as on a real line: waiting for it would stop the line for ever."""
    while data:
        try:
            data = data[os.write(master, data) :]
        except OSError:
            return


def drop_unread(name):
    """Drops what the client that left did not read. What clients wrote stays: it is for the board, and a new client may have come meanwhile."""
    terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
    termios.tcflush(terminal, termios.TCIFLUSH)
    os.close(terminal)


def serve(master, name):
    idle, busy = select.poll(), select.poll()
    idle.register(0, select.POLLIN)
    busy.register(0, select.POLLIN)
    busy.register(master, select.POLLIN)
    opened = False
    while True:
        ready = dict(busy.poll() if opened else idle.poll(CLOSED_POLL_MS))
        was_opened, opened = opened, from_clients(master) and has_client(master)
        if was_opened and not opened:
            drop_unread(name)
        if 0 in ready:
            data = os.read(0, CHUNK)
            if not data:
                return
            if opened:
                to_clients(master, data)


def main():
    link = sys.argv[1]
    master, slave = os.openpty()
    name = os.ttyname(slave)
    tty.setraw(slave)
    os.close(slave)
    os.set_blocking(master, False)
    # Ctrl-C reaches the whole process group, but it is for the parent to say when to end: by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.symlink(name, link)
    try:
        print(name, file=sys.stderr, flush=True)
        serve(master, name)
    finally:
        if os.path.islink(link) and os.readlink(link) == name:
            os.unlink(link)


main()
