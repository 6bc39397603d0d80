# Two stages: the first builds and installs, the second carries only what runs.
FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# The tested versions, each held to its hash: the lock is complete, pip has nothing to resolve.
# First, so that a change of code does not repeat it.
COPY requirements.lock ./
RUN pip download --no-deps --require-hashes --only-binary :all: --dest /wheels -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-index --find-links /wheels build hatchling

COPY pyproject.toml README.md LICENSE CHANGELOG.md rules.example.toml ./
COPY templates ./templates
COPY notifier ./notifier
# The lock also holds the tools of development: only what the wheel asks for is installed.
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir /wheels \
 && python -m venv /opt/notifier \
 && /opt/notifier/bin/pip install --no-index --find-links /wheels "notifier[postgresql,charts]" \
 && /opt/notifier/bin/notifier --help

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="notifier" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 notifier \
 && useradd --system --uid 10001 --gid notifier --home-dir /data --shell /usr/sbin/nologin notifier \
 && install --directory --owner=notifier --group=notifier /data /config
COPY --from=build /opt/notifier /opt/notifier
ENV PATH="/opt/notifier/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NOTIFIER_RULES=/config/rules.toml \
    NOTIFIER_DATABASE_URL=sqlite:////data/notifier.db \
    NOTIFIER_LOG_FORMAT=json

WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# No curl in a slim image: Python asks, inside, where the page listens.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('NOTIFIER_WEB__PORT', '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["notifier"]
CMD ["run"]
