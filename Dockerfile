# The gradewire image: Node's binary, the bundled program, and nothing that could install anything.
#
#   docker build -t gradewire:0.1.0 .
#
# A site without access to public images substitutes its own, by tag or digest:
#   docker build --build-arg BUILD_IMAGE=registry.example/node:24-bookworm-slim \
#                --build-arg RUNTIME_IMAGE=registry.example/debian:bookworm-slim -t gradewire:0.1.0 .
# BUILD_IMAGE must have Node 24 with npm; RUNTIME_IMAGE glibc and libstdc++ of the same age or newer, no shell is needed
# (distroless "cc" does). deploy/image/assemble.ts follows this file's COPY steps, so a test runs what it would hold.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Everything the program needs ends up in the bundle, so nothing of node_modules travels on.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY schemas ./schemas
COPY connectors ./connectors
COPY src ./src
# `gradewire explain` prints from them.
COPY docs/operations.md docs/alerts.md ./docs/
COPY deploy/build.ts deploy/third-party-licenses.ts ./deploy/
RUN node deploy/build.ts /build/dist

# hadolint ignore=DL3006
FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="gradewire" \
      org.opencontainers.image.description="Exam scores from the training database's binlog to the HR database, exactly once" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/dist /opt/gradewire
COPY LICENSE /opt/gradewire/LICENSE
COPY --chmod=0755 deploy/image/gradewire /usr/local/bin/gradewire
# Only /tmp is ever written: Node's compile cache. The root file system may be read-only.
ENV NODE_ENV=production GRADEWIRE_CONFIG=/etc/gradewire/connector.yaml
# glibc gives freed buffers back at once: a tenth less memory behind a backlog, at no measurable CPU time (mallopt(3)).
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /etc/gradewire
# A number, so that Kubernetes can prove runAsNonRoot.
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/gradewire"]
CMD ["run"]
