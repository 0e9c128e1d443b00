# One image for web, worker and beat: the locked packages, the static files, and a user who owns nothing but the documents.
FROM python:3.11-slim-bookworm AS build
# requirements-signing.lock for signed PDFs.
ARG REQUIREMENTS=requirements.lock
WORKDIR /app
COPY ${REQUIREMENTS} ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r ${REQUIREMENTS}
COPY . ./
# The static files' names carry their hashes, so they are gathered under production's settings, with values for checks only.
RUN set -a && . ./.ci/production.env && export STATIC_ROOT=/app/static \
    && .venv/bin/python manage.py collectstatic --noinput && rm -r .ci \
    && .venv/bin/python -m compileall -q accounts reports slaservice

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin slaservice \
    && install -d -o slaservice -g slaservice /var/lib/slaservice /var/lib/slaservice/documents
WORKDIR /app
COPY --from=build /app ./
ENV PATH=/app/.venv/bin:$PATH \
    LOCAL=false \
    STATIC_ROOT=/app/static \
    VAR_DIR=/var/lib/slaservice \
    XDG_CACHE_HOME=/tmp/cache \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER slaservice
EXPOSE 8000
CMD ["gunicorn", "slaservice.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", \
     "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
