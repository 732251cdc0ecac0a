# syntax=docker/dockerfile:1
# The worker: slim, without compilers, as a user of its own. It listens where it is told to.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml ./
RUN python -m venv /opt/flowmart \
 && /opt/flowmart/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 flowmart \
 && mkdir -p /var/lib/flowmart && chown flowmart /var/lib/flowmart
COPY --from=build /opt/flowmart /opt/flowmart
WORKDIR /app
COPY pyproject.toml app.py topics.py ./
COPY agents agents
COPY commands commands
COPY engine engine
COPY events events
COPY gateway gateway
COPY providers providers
COPY settings settings
COPY streams streams
COPY tables tables
COPY web web
COPY wire wire
RUN /opt/flowmart/bin/pip install --no-cache-dir --no-build-isolation --no-deps --editable . \
 && /opt/flowmart/bin/python -m compileall -q .
ENV PATH=/opt/flowmart/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLOWMART_DATA_DIR=/var/lib/flowmart
USER flowmart
VOLUME /var/lib/flowmart
EXPOSE 6066
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/health' % os.environ.get('FLOWMART_WEB_PORT', '6066'), timeout=2)"]
ENTRYPOINT ["faust", "-A", "app", "-L", "uvloop"]
CMD ["worker", "-l", "info"]
