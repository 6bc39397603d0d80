"""Slack's end of Socket Mode: a real WebSocket server that hands out presses and hears answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from notifier.simulator.slack import SlackServer

PATIENCE = 60.0  # seconds: a guard against hanging


class SocketMode:
    """One app's connections."""

    def __init__(self) -> None:
        self.answers: Queue[dict[str, Any]] = Queue()
        self.connected: Queue[ServerConnection] = Queue()
        self._now: ServerConnection | None = None

    def serve(self, connection: ServerConnection) -> None:
        """Greet, then write down what comes."""
        connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        self._now = connection
        self.connected.put(connection)
        try:
            for message in connection:
                self.answers.put(json.loads(message))
        except ConnectionClosed:
            pass

    def send(self, envelope: dict[str, Any]) -> None:
        """Hand an envelope to the newest connection."""
        assert self._now is not None
        self._now.send(json.dumps(envelope))

    def answered(self) -> dict[str, Any]:
        """The next answer of the app."""
        return self.answers.get(timeout=PATIENCE)

    def wait(self) -> ServerConnection:
        """The next connection."""
        return self.connected.get(timeout=PATIENCE)


@contextmanager
def socket_mode(slack: SlackServer) -> Iterator[SocketMode]:
    """Let the workspace *slack* hand out a place to listen."""
    mode = SocketMode()
    server: Server = serve(mode.serve, "127.0.0.1", 0)
    port = server.socket.getsockname()[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    slack.socket_url = f"ws://127.0.0.1:{port}/link"
    try:
        yield mode
    finally:
        server.shutdown()
        thread.join(PATIENCE)


def pressed(
    action: str,
    value: str,
    *,
    user: str = "U0HUMAN001",
    name: str = "ana.gomez",
    channel: str = "C0800000001",
    envelope: str = "e1",
    at: str = "1767625260.000100",
) -> dict[str, Any]:
    """Somebody presses a button."""
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": name, "name": name, "team_id": "T0"},
        "channel": {"id": channel, "name": "operaciones"},
        "actions": [
            {
                "type": "button",
                "action_id": action,
                "value": value,
                "action_ts": at,
                "block_id": "x",
            }
        ],
    }
    return {
        "type": "interactive",
        "envelope_id": envelope,
        "payload": payload,
        "accepts_response_payload": True,
    }
