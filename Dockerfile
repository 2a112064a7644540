# The worker, and every `partners` command. Settings come from the environment (.env.example).
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

COPY pyproject.toml README.md LICENSE program.toml worker.py ./
COPY programs programs
COPY templates templates
COPY partners partners
COPY activities activities
COPY workflows workflows
# Editable, so that the program finds program.toml and templates/ beside its packages.
RUN pip install --editable .

# No home of root's, no write access to the code; .partners holds SQLite where no other
# database is named.
RUN useradd --uid 10001 --create-home partners && install -d -o partners /app/.partners
USER partners

# SIGTERM drains: give `docker stop` longer than PARTNERS_DRAIN_SECONDS.
CMD ["python", "worker.py"]
