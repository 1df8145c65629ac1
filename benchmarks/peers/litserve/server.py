"""The same inference and summary as the service's, served by LitServe as its documentation shows."""

import argparse
import os
from pathlib import Path

import _ours
import litserve


class Posterior(litserve.LitAPI):
    """Decode, predict, encode."""

    def setup(self, device: str) -> None:
        self.engine = _ours.engine(Path(os.environ["BV_COMPILATION_CACHE"]))

    def decode_request(self, request: dict) -> list:
        return request["judgments"]

    def predict(self, judgments: list) -> dict:
        return _ours.document(self.engine, judgments)

    def encode_response(self, output: dict) -> dict:
        return output


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fast-queue", action="store_true")
    asked = parser.parse_args()
    server = litserve.LitServer(
        Posterior(api_path="/v1/posterior"),
        accelerator="cpu",
        workers_per_device=1,
        timeout=60,
        fast_queue=asked.fast_queue,
    )
    server.run(host="127.0.0.1", port=asked.port, generate_client_file=False, log_level="warning")
