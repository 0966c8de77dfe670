# docker build -t cohost . && docker run -p 8000:8000 -v cohost:/data cohost
FROM python:3.12-slim

ARG TORCH_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/cohost/.venv/bin:$PATH

WORKDIR /cohost
# The same steps as `make venv`, in a layer that code changes leave alone.
COPY pyproject.toml ./
COPY .ci/venv .ci/venv
RUN .ci/venv

COPY . .
# Whoever runs it owns its data and nothing else.
RUN useradd --system --uid 10001 --home-dir /data --create-home cohost
USER cohost
VOLUME /data

# It listens on every address of the container. COHOST_PUBLIC_URL is what sign-in links start with.
ENV COHOST_HOME=/data \
    COHOST_HOST=0.0.0.0 \
    COHOST_PORT=8000 \
    COHOST_PUBLIC_URL=http://127.0.0.1:8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['COHOST_PORT']}/healthz\", timeout=4)"]

CMD ["python", "-m", "cohost", "serve"]
