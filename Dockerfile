# Two images from one source. `serving`, the default: the HTTP service with the model it ships, and nothing for
# training. `training` (--target training): the same with what trains and grades models.
# Behind a TLS-inspecting proxy or another package index: docker build \
#   --secret id=ca_bundle,src=/path/to/ca.pem --secret id=pip_conf,src=/path/to/pip.conf .
ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /source
# pip stays behind in this stage: the environment that is handed on does without.
RUN python3 -m venv /opt/pip && python3 -m venv --without-pip /opt/bayesian-verifier
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY configs configs
COPY src src
COPY scripts/install_in_image.sh scripts/sbom.py scripts/
RUN --mount=type=secret,id=ca_bundle --mount=type=secret,id=pip_conf \
    sh scripts/install_in_image.sh '.[serve,dashboard]'

FROM build AS build-training
RUN --mount=type=secret,id=ca_bundle --mount=type=secret,id=pip_conf \
    sh scripts/install_in_image.sh '.[train]'

FROM ${BASE_IMAGE} AS run
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin verifier \
    && install --directory --owner=verifier --group=verifier \
        /srv/cache /srv/journal /srv/models /srv/work /run/bayesian-verifier
COPY scripts/healthcheck.py LICENSE NOTICE /opt/bayesian-verifier/
# A small app with a Judgment Layer, and one who asks it: for a first pod.
COPY examples/judgment_app.py scripts/ask_app.py /opt/bayesian-verifier/sample/
# The root file system may be read-only: nothing is kept between starts but in volumes below /srv.
ENV PATH=/opt/bayesian-verifier/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BV_COMPILATION_CACHE=off
ARG VERSION=1.0.0.dev0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Bayesian Verifier" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
ENTRYPOINT ["bayesian-verifier"]

FROM run AS training
LABEL org.opencontainers.image.description="Trains and grades the models of the Bayesian Verifier"
COPY --from=build-training /opt/bayesian-verifier /opt/bayesian-verifier
ENV HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /srv/work
CMD ["train", "--help"]

FROM run AS serving
LABEL org.opencontainers.image.description="Posteriors of risk aversion over HTTP, for a Judgment Layer"
COPY --from=build /opt/bayesian-verifier /opt/bayesian-verifier
# A new volume for models begins with the one that is shipped.
RUN cp -R /opt/bayesian-verifier/lib/python3.*/site-packages/bayesian_verifier/shipped_models/. /srv/models/
# The service listens on 127.0.0.1:8080, for those who share its network namespace. To listen beyond it, set BV_HOST
# and, because others could connect then, BV_TOKEN_FILE.
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=300s --retries=3 \
    CMD ["python3", "/opt/bayesian-verifier/healthcheck.py"]
CMD ["serve"]
