# The serving image: the HTTP service with the model it ships, and nothing for training.
# Behind a TLS-inspecting proxy or another package index: docker build \
#   --secret id=ca_bundle,src=/path/to/ca.pem --secret id=pip_conf,src=/path/to/pip.conf .
ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /source
RUN python3 -m venv /opt/bayesian-verifier
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY configs configs
COPY src src
RUN --mount=type=secret,id=ca_bundle --mount=type=secret,id=pip_conf \
    if [ -s /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi; \
    if [ -s /run/secrets/pip_conf ]; then export PIP_CONFIG_FILE=/run/secrets/pip_conf; fi; \
    PIP_BUILD_CONSTRAINT=constraints.txt /opt/bayesian-verifier/bin/pip install \
        --no-cache-dir --disable-pip-version-check --constraint constraints.txt '.[serve]'

FROM ${BASE_IMAGE}
ARG VERSION=1.0.0.dev0
LABEL org.opencontainers.image.title="Bayesian Verifier" \
      org.opencontainers.image.description="Posteriors of risk aversion over HTTP, for a Judgment Layer" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin verifier
COPY --from=build /opt/bayesian-verifier /opt/bayesian-verifier
COPY scripts/healthcheck.py /opt/bayesian-verifier/healthcheck.py
COPY LICENSE NOTICE /opt/bayesian-verifier/
# The root file system may be read-only: nothing is kept between starts.
ENV PATH=/opt/bayesian-verifier/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BV_COMPILATION_CACHE=off
USER 10001:10001
# The service listens on 127.0.0.1:8080, for those who share its network namespace. To listen beyond it, set BV_HOST
# and, because others could connect then, BV_TOKEN_FILE.
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python3", "/opt/bayesian-verifier/healthcheck.py"]
ENTRYPOINT ["bayesian-verifier"]
CMD ["serve"]
