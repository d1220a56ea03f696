"""Tests of a Python program against the mock: python3 -m unittest discover -s examples/clients

AGENTMOCK is the program; without it, it is run from the source.
"""

import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request


def call(method, url, body=None):
    """Sends JSON and returns the status and the JSON of the response."""
    headers = {"Authorization": "Bearer any-key", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def agent(key):
    return {"key": key, "role": "Assistant", "description": "Answers customers", "instructions": "Be polite.",
            "path": "Default", "model": "openai/gpt-4o", "settings": {}}


class TestOrq(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        port_file = os.path.join(cls.folder.name, "port")
        program = os.environ.get("AGENTMOCK", "go run ./mockserver/cmd/agentmock").split()
        # It ends when this process does, however that happens: its standard input closes.
        cls.mock = subprocess.Popen(
            program + ["-addr", "127.0.0.1:0", "-port-file", port_file, "-exit-on-stdin-close", "-log", "off"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        patience = time.monotonic() + 120
        while not os.path.exists(port_file):  # it is written when the mock serves
            if cls.mock.poll() is not None or time.monotonic() > patience:
                raise RuntimeError("agentmock did not start")
            time.sleep(0.02)
        with open(port_file, encoding="utf-8") as file:
            cls.admin = f"http://127.0.0.1:{file.read().strip()}/_mock"

    @classmethod
    def tearDownClass(cls):
        cls.mock.stdin.close()
        cls.mock.wait(10)
        cls.folder.cleanup()

    def setUp(self):
        # A namespace: tests that run at the same time see nothing of each other.
        _, made = call("POST", f"{self.admin}/namespaces", {})
        self.namespace = f"{self.admin}/namespaces/{made['name']}"
        self.agents = made["base_urls"]["orq"] + "/v2/agents/"

    def test_an_agent_is_made_once(self):
        self.assertEqual(call("POST", self.agents, agent("desk"))[0], 201)
        self.assertEqual(call("POST", self.agents, agent("desk"))[0], 409)

    def test_a_busy_server(self):
        call("POST", f"{self.namespace}/rules", {"op": "orq.CreateAgent", "queue": [{"status": 429, "retry_after": "1s"}]})
        self.assertEqual(call("POST", self.agents, agent("desk"))[0], 429)
        self.assertEqual(call("POST", self.agents, agent("desk"))[0], 201)


if __name__ == "__main__":
    unittest.main()
