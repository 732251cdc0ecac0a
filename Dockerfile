# syntax=docker/dockerfile:1
# The worker: slim, without compilers, as a user of its own. It listens where it is told to.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock pyproject.toml ./
RUN python -m venv /opt/flowmart \
 && /opt/flowmart/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
# The lock has the developers' tools too: half of it all, a browser's driver among them. Two stay:
# one installs us below, the other is for whoever looks what a worker is doing.
RUN /opt/flowmart/bin/python -c "import re, tomllib; print(*(re.match(r'[\w.-]+', each)[0] for each in \
tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['dev']))" \
 | tr ' ' '\n' | grep -vx -e setuptools -e py-spy | xargs /opt/flowmart/bin/pip uninstall --yes

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 flowmart \
 && mkdir -p /var/lib/flowmart && chown flowmart /var/lib/flowmart
COPY --from=build /opt/flowmart /opt/flowmart
WORKDIR /app
COPY pyproject.toml app.py topics.py ./
COPY agents agents
COPY commands commands
COPY docs/runbooks docs/runbooks
COPY engine engine
COPY events events
COPY gateway gateway
COPY providers providers
COPY settings settings
COPY streams streams
COPY tables tables
COPY traces traces
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
