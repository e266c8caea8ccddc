"""Thousands of made-up requests to every route: `python tests/bench/bench_schemathesis.py`, with a
`schemathesis` on the PATH.

No answer may be a 5xx, have a status that the OpenAPI document does not tell of, or not look as it says. Sound and
endless answers are left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile

from service import running

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def main() -> None:
    program = shutil.which("schemathesis")
    if not program:
        print("schemathesis is not installed: nothing was tried.")
        return
    with running(per_second=1e6, burst=10_000_000, log="error") as (host, _), tempfile.TemporaryDirectory() as folder:
        address = f"http://{host}/openapi.json"
        options = ["--exclude-path-regex", "audio|events", "--max-examples", "60", "--request-timeout", "30"]
        done = subprocess.run([program, "run", address, *options, "--checks", CHECKS], cwd=folder, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
