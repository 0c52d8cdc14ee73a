# syntax=docker/dockerfile:1
# The program alone on a small Debian: no compiler, no package manager needed at run time, not root, no state on disk.

FROM rust:1.88-slim-bookworm AS build
# The versions of compiler and make come with the base image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# Shown by `churnwatch version`: docker build --build-arg CHURNWATCH_COMMIT=$(git rev-parse --short HEAD) .
ARG CHURNWATCH_COMMIT
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin churnwatch \
    && install -D -t /out target/release/churnwatch

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin churnwatch
COPY --from=build /out/churnwatch /usr/local/bin/churnwatch
COPY config /etc/churnwatch
USER 10001
WORKDIR /etc/churnwatch
# Inside a container only the container itself is on the loopback; publish the port where it should be seen.
ENV CHURNWATCH__HTTP__LISTEN=0.0.0.0:8080
EXPOSE 8080
# Alive, not ready: a service that restores its state must not be restarted for it. bash, since there is no curl here.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /livez HTTP/1.0\\r\\nHost: 127.0.0.1\\r\\n\\r\\n' >&3; IFS=' ' read -r _ status _ <&3; [[ $status == 200 ]]"]
# Exec form, so that SIGTERM reaches it: it commits, leaves the group and ends within 10 s.
ENTRYPOINT ["churnwatch"]
CMD ["run", "--config", "/etc/churnwatch/churnwatch.toml"]
