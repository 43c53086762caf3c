python - <<'PYTHON'
import os, socket, time

end = time.monotonic() + 120
for place in os.environ["PERF_WAIT_FOR"].split():
    host, port = place.rsplit(":", 1)
    while True:
        try:
            socket.create_connection((host, int(port)), 5).close()
            break
        except OSError as error:
            if time.monotonic() > end:
                raise SystemExit(f"{place} does not answer: {error}")
            time.sleep(1)
PYTHON
